// What a push shows. Nobody learns from a locked screen who has written what.
export type Language = 'en' | 'de' | 'fr'

export const KNOCK: Record<Language, { title: string; body: string }> = {
  en: { title: 'Holdfast', body: 'There is something new. Open to see whether it is an alert.' },
  de: { title: 'Holdfast', body: 'Es gibt etwas Neues. Öffnen, um zu sehen, ob es ein Alarm ist.' },
  fr: { title: 'Holdfast', body: 'Il y a du nouveau. Ouvrir pour voir si c’est une alerte.' },
}
