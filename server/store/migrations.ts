// The schema, step by step. A step that has been released never changes; a new one is appended.
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE logs (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('directory', 'channel', 'answers')),
    parent BLOB,
    head_n INTEGER NOT NULL,
    head_h BLOB NOT NULL
  ) STRICT;

  CREATE TABLE entries (
    log BLOB NOT NULL REFERENCES logs (id),
    n INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    id BLOB NOT NULL,
    subject BLOB NOT NULL,
    signer BLOB NOT NULL,
    mid BLOB,
    h BLOB NOT NULL,
    header BLOB NOT NULL,
    payload BLOB
  ) STRICT;
  CREATE UNIQUE INDEX entries_by_place ON entries (log, n);
  CREATE UNIQUE INDEX entries_by_id ON entries (log, id);
  CREATE UNIQUE INDEX entries_by_mid ON entries (log, signer, mid) WHERE mid IS NOT NULL;

  CREATE TABLE seqs (
    log BLOB NOT NULL REFERENCES logs (id),
    device BLOB NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (log, device)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE cards (
    lookup_hash BLOB PRIMARY KEY,
    card BLOB NOT NULL UNIQUE,
    blob BLOB,
    founding_pk BLOB
  ) STRICT;

  CREATE TABLE prekeys (
    device BLOB PRIMARY KEY,
    pkid INTEGER NOT NULL,
    bytes BLOB NOT NULL
  ) STRICT;

  CREATE TABLE wraps (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    device BLOB NOT NULL,
    log BLOB NOT NULL REFERENCES logs (id),
    epoch BLOB NOT NULL,
    gen INTEGER NOT NULL,
    sealer BLOB NOT NULL,
    bytes BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX wraps_by_place ON wraps (log, epoch, gen, device, sealer);
  CREATE INDEX wraps_by_device ON wraps (device, id);

  CREATE TABLE receipts (
    log BLOB NOT NULL,
    device BLOB NOT NULL,
    upto INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (log, device)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE parcels (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    device BLOB NOT NULL,
    bytes BLOB NOT NULL
  ) STRICT;
  CREATE INDEX parcels_by_device ON parcels (device, id);
  `,
  `
  CREATE TABLE files (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    log BLOB NOT NULL REFERENCES logs (id),
    file BLOB NOT NULL,
    size INTEGER NOT NULL,
    parts INTEGER NOT NULL,
    device BLOB NOT NULL,
    touched INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX files_by_name ON files (log, file);
  CREATE INDEX files_by_device ON files (device);

  CREATE TABLE file_parts (
    file INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    part INTEGER NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (file, part)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE checkpoints (
    n INTEGER PRIMARY KEY,
    signer BLOB NOT NULL,
    entry BLOB NOT NULL,
    snapshot BLOB NOT NULL
  ) STRICT;
  CREATE INDEX checkpoints_by_signer ON checkpoints (signer, n);
  `,
  `
  CREATE TABLE subscriptions (
    device BLOB PRIMARY KEY,
    endpoint TEXT NOT NULL,
    p256dh BLOB NOT NULL,
    auth BLOB NOT NULL,
    chat INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
]
