// The drawings in use, from Lucide (ISC). The build turns each into data.
import attach from 'lucide-static/icons/paperclip.svg'
import back from 'lucide-static/icons/chevron-left.svg'
import bell from 'lucide-static/icons/bell.svg'
import camera from 'lucide-static/icons/camera.svg'
import check from 'lucide-static/icons/check.svg'
import checkAll from 'lucide-static/icons/check-check.svg'
import clock from 'lucide-static/icons/clock.svg'
import close from 'lucide-static/icons/x.svg'
import copy from 'lucide-static/icons/copy.svg'
import down from 'lucide-static/icons/arrow-down.svg'
import edit from 'lucide-static/icons/pencil.svg'
import exercise from 'lucide-static/icons/traffic-cone.svg'
import file from 'lucide-static/icons/file-text.svg'
import film from 'lucide-static/icons/film.svg'
import forward from 'lucide-static/icons/chevron-right.svg'
import house from 'lucide-static/icons/house.svg'
import idCard from 'lucide-static/icons/id-card.svg'
import info from 'lucide-static/icons/info.svg'
import message from 'lucide-static/icons/message-square.svg'
import microphone from 'lucide-static/icons/mic.svg'
import more from 'lucide-static/icons/ellipsis-vertical.svg'
import noLink from 'lucide-static/icons/wifi-off.svg'
import pause from 'lucide-static/icons/pause.svg'
import phone from 'lucide-static/icons/phone.svg'
import picture from 'lucide-static/icons/image.svg'
import pin from 'lucide-static/icons/pin.svg'
import play from 'lucide-static/icons/play.svg'
import plus from 'lucide-static/icons/plus.svg'
import printer from 'lucide-static/icons/printer.svg'
import reply from 'lucide-static/icons/reply.svg'
import save from 'lucide-static/icons/download.svg'
import search from 'lucide-static/icons/search.svg'
import send from 'lucide-static/icons/send-horizontal.svg'
import settings from 'lucide-static/icons/settings.svg'
import shield from 'lucide-static/icons/shield-check.svg'
import silence from 'lucide-static/icons/volume-x.svg'
import siren from 'lucide-static/icons/siren.svg'
import trash from 'lucide-static/icons/trash.svg'
import users from 'lucide-static/icons/users.svg'
import warning from 'lucide-static/icons/triangle-alert.svg'

export const ICONS = {
  attach,
  back,
  bell,
  camera,
  check,
  checkAll,
  clock,
  close,
  copy,
  down,
  edit,
  exercise,
  file,
  film,
  forward,
  house,
  idCard,
  info,
  message,
  microphone,
  more,
  noLink,
  pause,
  phone,
  picture,
  pin,
  play,
  plus,
  printer,
  reply,
  save,
  search,
  send,
  settings,
  shield,
  silence,
  siren,
  trash,
  users,
  warning,
}
export type IconName = keyof typeof ICONS
