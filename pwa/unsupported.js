// Runs before the app, in whatever browser there is: where something is missing that the app cannot do without, it says
// so in plain words and the app does not begin (ui/start.ts). A classic script of old syntax, and without markup.
;(function () {
  function isTooOld() {
    return !(
      'noModule' in document.createElement('script') &&
      typeof Worker === 'function' &&
      typeof WebAssembly === 'object' &&
      typeof BroadcastChannel === 'function' &&
      typeof indexedDB === 'object' &&
      navigator.locks &&
      window.crypto &&
      crypto.subtle &&
      // What the code is written in, by what came last of it: hexadecimal bytes, and light-dark() in the styles.
      Uint8Array.fromHex &&
      CSS.supports('color', 'light-dark(#000, #fff)')
    )
  }

  function storesNothing() {
    try {
      return !window.localStorage
    } catch (error) {
      return error !== null
    }
  }

  function say(sentences) {
    document.documentElement.setAttribute('data-unsupported', '')
    var screen = document.createElement('main')
    screen.className = 'unsupported'
    add(screen, 'h1', 'Holdfast')
    sentences.forEach(function (sentence) {
      add(screen, 'p', sentence[1]).setAttribute('lang', sentence[0])
    })
    document.getElementById('app').appendChild(screen)
  }

  function add(screen, tag, text) {
    var line = document.createElement(tag)
    line.textContent = text
    return screen.appendChild(line)
  }

  if (storesNothing())
    say([
      [
        'en',
        'This browser lets Holdfast store nothing, so it cannot keep your keys. Private windows and blocked cookies do that: allow site data for this address, or use a normal window.',
      ],
      [
        'de',
        'Dieser Browser lässt Holdfast nichts speichern, also kann es Ihre Schlüssel nicht behalten. Private Fenster und blockierte Cookies bewirken das: Erlauben Sie Websitedaten für diese Adresse, oder nehmen Sie ein normales Fenster.',
      ],
      [
        'fr',
        'Ce navigateur ne laisse rien enregistrer à Holdfast, qui ne peut donc pas garder vos clés. C’est l’effet des fenêtres privées et des cookies bloqués : autorisez les données de site pour cette adresse, ou prenez une fenêtre normale.',
      ],
    ])
  else if (isTooOld())
    say([
      [
        'en',
        'This browser cannot run Holdfast: it is too old, or the address does not begin with https. Update it, or use a current Chrome, Edge, Firefox or Safari.',
      ],
      [
        'de',
        'Dieser Browser kann Holdfast nicht ausführen: Er ist zu alt, oder die Adresse beginnt nicht mit https. Aktualisieren Sie ihn, oder nehmen Sie einen aktuellen Chrome, Edge, Firefox oder Safari.',
      ],
      [
        'fr',
        'Ce navigateur ne peut pas exécuter Holdfast : il est trop ancien, ou l’adresse ne commence pas par https. Mettez-le à jour, ou prenez un Chrome, Edge, Firefox ou Safari actuel.',
      ],
    ])
})()
