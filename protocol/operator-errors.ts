// The part of the error table (errors.ts) that whoever runs a box, a gateway or a headless device reads on a terminal.
export const OPERATOR_ERRORS = {
  port_in_use: [
    500,
    'Another program already listens on that address.',
    'Stop it, or choose another address with --listen HOST:PORT.',
  ],
  listen_failed: [
    500,
    'The box cannot listen on that address.',
    'Choose an address of this machine with --listen HOST:PORT.',
  ],
  tls_unusable: [
    500,
    'The certificate or its key cannot be used.',
    'Check the files behind --tls-cert and --tls-key: PEM, readable, and belonging together.',
  ],
  acme_unreachable: [
    500,
    'The certificate authority cannot be reached.',
    'Check the uplink and the firewall; the box goes on with the certificate that it has.',
  ],
  acme_refused: [
    500,
    'The certificate authority refused.',
    'Read what it says: mostly the name does not lead to this box, or the record is not there.',
  ],
  dns_hook_failed: [
    500,
    'The program that sets the DNS record failed.',
    'Run it by hand: PROGRAM add _acme-challenge.NAME VALUE. It has to end with exit code 0.',
  ],
  ca_other_names: [
    500,
    'The private authority of this box was made for other names.',
    'Keep the name, or delete the authority in the tls folder and let every phone trust the new one.',
  ],
  backup_no_page: [
    500,
    'This box has no backup page yet.',
    'Run holdfast backup --page, print what it says, and keep it apart from the box.',
  ],
  backup_page_exists: [
    500,
    'This box has a backup page already.',
    'Is it lost or in wrong hands? --again makes a new one: backups from then on open with that alone.',
  ],
  backup_place: [
    500,
    'The place for backups is not there or takes no files.',
    'Plug the stick in or mount the folder, and look whether it is writable.',
  ],
  backup_full: [
    500,
    'The place for backups is full.',
    'Free space there, take a larger stick, or keep fewer: --backup-keep.',
  ],
  backup_failed: [
    500,
    'The backup could not be made; the older ones are as they were.',
    'Run it again. If it stays so, run holdfast doctor.',
  ],
  backup_foreign: [
    500,
    'This page does not open this file.',
    'Take the backup of this box, or the page that was printed when it was made.',
  ],
  backup_damaged: [
    500,
    'The backup is damaged.',
    'Take another copy of it, or the backup before it.',
  ],
  restore_occupied: [
    500,
    'There is a box in that folder already.',
    'Restore into an empty folder: --data DIR. Nothing was changed.',
  ],
  release_unsigned: [
    500,
    'This release is not signed by those who may release.',
    'Get it again from where Holdfast comes from. Nothing was changed.',
  ],
  release_damaged: [
    500,
    'This release is not whole.',
    'Copy it once more, onto another stick if need be. Nothing was changed.',
  ],
  release_older: [
    500,
    'This release is not newer than the one that runs.',
    'Take a newer one: a box never goes back. Nothing was changed.',
  ],
  release_keys_missing: [
    500,
    'This program knows no release keys: it was built for trying out.',
    'Build it with --release-keys FILE; see "Releases" in CONTRIBUTING.md.',
  ],
  release_does_not_run: [
    500,
    'The new program does not run on this machine.',
    'Take the release for this kind of machine (x64 or arm64). Nothing was changed.',
  ],
  release_full: [
    500,
    'There is no room for the new release.',
    'Free some space (see "full disk" in RUNBOOK.md), then run it again. Nothing was changed.',
  ],
  install_needs: [
    500,
    'Something is missing on this machine.',
    'Install it from the medium or mirror of your Debian, then run this again. Nothing was changed.',
  ],
  install_root: [500, 'Only root can install.', 'Run it as root, with the same options.'],
  install_failed: [
    500,
    'A step of the installation failed.',
    'Mend what it says and run the same command again: what is done already stays.',
  ],
  update_place: [
    500,
    'Holdfast was not installed there.',
    'Run the installed program as root: sudo holdfast update FOLDER.',
  ],
  update_rolled_back: [
    500,
    'The new release did not work here; the one before runs again.',
    'Keep what it says above for whoever made the release: holdfast support.',
  ],
  update_stuck: [
    500,
    'The new release is not well, and the one before cannot take over.',
    'What was accepted is on the disk. See "failed update" in RUNBOOK.md for a box that runs.',
  ],
  served_differs: [
    500,
    'What the box hands out is not the release.',
    'Follow "changed app" in RUNBOOK.md before anybody opens it again.',
  ],
  unwell: [500, 'Something fails.', 'Each finding above says what to do.'],
  plain_http: [
    500,
    'Without a certificate the box listens on this machine alone.',
    'Give --tls-cert and --tls-key, --acme NAME or --private-ca; or listen on 127.0.0.1.',
  ],
  data_unwritable: [
    500,
    'The data folder cannot be written.',
    'Check its owner and permissions, or choose another with --data DIR.',
  ],
  data_in_use: [
    500,
    'Another Holdfast process uses this folder.',
    'Stop it first, or choose another folder.',
  ],
  data_missing: [
    500,
    'There is no organisation in this folder.',
    'Prepare one with: holdfast init --data DIR --org NAME --owner NAME.',
  ],
  roster: [400, 'The roster cannot be used.', 'Mend the file and import it again.'],
  device_missing: [
    500,
    'There is no enrolled device in this folder.',
    'Enrol one with: holdfast join CARD --box URL --state DIR.',
  ],
  device_full: [
    507,
    'The disk of this device is full.',
    'Free space on this device; what it has confirmed before is safe.',
  ],
  gateway_config: [
    500,
    'The configuration of the gateway cannot be used.',
    'Mend the file and start again; holdfast gateway --help shows a whole one.',
  ],
  gateway_failed: [
    500,
    'The gateway failed.',
    'Send the webhook again; look into what the gateway wrote.',
  ],
  webhook_unknown: [
    404,
    'The gateway has no route for this path.',
    'Compare the address with the routes in the configuration of the gateway.',
  ],
  webhook_method: [405, 'Webhooks arrive with POST.', 'Let the monitoring system send a POST.'],
  webhook_secret: [
    401,
    'The secret of the webhook is missing or wrong.',
    'Give the monitoring system the secret that stands in the configuration of the gateway.',
  ],
  webhook_malformed: [
    400,
    'The webhook is not what this route expects.',
    'Compare what the monitoring system sends with the type of the route.',
  ],
  database_damaged: [
    500,
    'The database is damaged.',
    'Do not write to it; restore the latest backup.',
  ],
  database_newer: [
    500,
    'The database was written by a newer Holdfast.',
    'Start the newer version; an older one would damage it.',
  ],
  not_carried: [
    500,
    'Only the single executable carries this.',
    'Run npm run build, and ask dist/holdfast; or look into dist/.',
  ],
  sqlite_unloaded: [
    500,
    'The database library could not be loaded.',
    'Let TMPDIR name a folder that is writable and not mounted noexec.',
  ],
  usage: [500, 'The command cannot be understood.', 'Run holdfast --help.'],
} as const satisfies Record<string, readonly [status: number, sentence: string, todo: string]>
