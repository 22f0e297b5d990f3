-- version 1
CREATE TABLE attempt_log(
  id INTEGER PRIMARY KEY, shard INTEGER NOT NULL, count INTEGER NOT NULL,
  first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, min_position INTEGER NOT NULL,
  max_position INTEGER NOT NULL, crc INTEGER NOT NULL, rows BLOB NOT NULL);
CREATE TABLE dead(
  lane INTEGER NOT NULL, position INTEGER NOT NULL, attempts INTEGER NOT NULL,
  outcome INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(lane, position)) WITHOUT ROWID;
CREATE TABLE ids(
  first_position INTEGER PRIMARY KEY, accepted_at INTEGER NOT NULL, hashes BLOB NOT NULL);
CREATE TABLE journal(
  first_position INTEGER PRIMARY KEY, count INTEGER NOT NULL, accepted_at INTEGER NOT NULL,
  crc INTEGER NOT NULL, records BLOB NOT NULL);
CREATE TABLE lanes(
  id INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, name TEXT NOT NULL,
  since INTEGER NOT NULL, cursor INTEGER, closed INTEGER NOT NULL DEFAULT 0);
CREATE UNIQUE INDEX open_lanes ON lanes(tenant, name) WHERE closed = 0;
CREATE TABLE parked(
  lane INTEGER NOT NULL, due_ns INTEGER NOT NULL, position INTEGER NOT NULL,
  attempts INTEGER NOT NULL, PRIMARY KEY(lane, due_ns, position)) WITHOUT ROWID;
CREATE TABLE sqlite_sequence(name,seq);
CREATE TABLE state(
  one INTEGER PRIMARY KEY CHECK(one = 1), last_position INTEGER NOT NULL,
  watermark INTEGER NOT NULL, attempt_floor INTEGER NOT NULL, event_bytes INTEGER NOT NULL,
  attempt_bytes INTEGER NOT NULL, hash_key BLOB NOT NULL);
-- version 2
CREATE TABLE attempt_log(
  id INTEGER PRIMARY KEY, shard INTEGER NOT NULL, count INTEGER NOT NULL,
  first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, min_position INTEGER NOT NULL,
  max_position INTEGER NOT NULL, crc INTEGER NOT NULL, rows BLOB NOT NULL);
CREATE TABLE dead(
  lane INTEGER NOT NULL, position INTEGER NOT NULL, attempts INTEGER NOT NULL,
  outcome INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(lane, position)) WITHOUT ROWID;
CREATE TABLE ids(
  first_position INTEGER PRIMARY KEY, accepted_at INTEGER NOT NULL, hashes BLOB NOT NULL);
CREATE TABLE journal(
  first_position INTEGER PRIMARY KEY, count INTEGER NOT NULL, accepted_at INTEGER NOT NULL,
  crc INTEGER NOT NULL, records BLOB NOT NULL);
CREATE TABLE lanes(
  id INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, name TEXT NOT NULL,
  since INTEGER NOT NULL, cursor INTEGER, closed INTEGER NOT NULL DEFAULT 0, failing_since INTEGER, disabled INTEGER, disabled_at INTEGER NOT NULL DEFAULT 0, generation INTEGER NOT NULL DEFAULT 0);
CREATE UNIQUE INDEX open_lanes ON lanes(tenant, name) WHERE closed = 0;
CREATE TABLE parked(
  lane INTEGER NOT NULL, due_ns INTEGER NOT NULL, position INTEGER NOT NULL,
  attempts INTEGER NOT NULL, group_id INTEGER NOT NULL DEFAULT 0, rest BLOB, PRIMARY KEY(lane, due_ns, position)) WITHOUT ROWID;
CREATE TABLE sqlite_sequence(name,seq);
CREATE TABLE state(
  one INTEGER PRIMARY KEY CHECK(one = 1), last_position INTEGER NOT NULL,
  watermark INTEGER NOT NULL, attempt_floor INTEGER NOT NULL, event_bytes INTEGER NOT NULL,
  attempt_bytes INTEGER NOT NULL, hash_key BLOB NOT NULL);
-- version 3
CREATE TABLE attempt_log(
  id INTEGER PRIMARY KEY, shard INTEGER NOT NULL, count INTEGER NOT NULL,
  first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, min_position INTEGER NOT NULL,
  max_position INTEGER NOT NULL, crc INTEGER NOT NULL, rows BLOB NOT NULL);
CREATE TABLE dead(
  lane INTEGER NOT NULL, position INTEGER NOT NULL, attempts INTEGER NOT NULL,
  outcome INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(lane, position)) WITHOUT ROWID;
CREATE TABLE ids(
  first_position INTEGER PRIMARY KEY, accepted_at INTEGER NOT NULL, hashes BLOB NOT NULL);
CREATE TABLE journal(
  first_position INTEGER PRIMARY KEY, count INTEGER NOT NULL, accepted_at INTEGER NOT NULL,
  crc INTEGER NOT NULL, records BLOB NOT NULL);
CREATE TABLE lanes(
  id INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, name TEXT NOT NULL,
  since INTEGER NOT NULL, cursor INTEGER, closed INTEGER NOT NULL DEFAULT 0, failing_since INTEGER, disabled INTEGER, disabled_at INTEGER NOT NULL DEFAULT 0, generation INTEGER NOT NULL DEFAULT 0);
CREATE UNIQUE INDEX open_lanes ON lanes(tenant, name) WHERE closed = 0;
CREATE TABLE parked(
  lane INTEGER NOT NULL, due_ns INTEGER NOT NULL, position INTEGER NOT NULL,
  attempts INTEGER NOT NULL, group_id INTEGER NOT NULL DEFAULT 0, rest BLOB, bytes INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(lane, due_ns, position)) WITHOUT ROWID;
CREATE TABLE sqlite_sequence(name,seq);
CREATE TABLE state(
  one INTEGER PRIMARY KEY CHECK(one = 1), last_position INTEGER NOT NULL,
  watermark INTEGER NOT NULL, attempt_floor INTEGER NOT NULL, event_bytes INTEGER NOT NULL,
  attempt_bytes INTEGER NOT NULL, hash_key BLOB NOT NULL);
-- version 4
CREATE TABLE attempt_log(
  id INTEGER PRIMARY KEY, shard INTEGER NOT NULL, count INTEGER NOT NULL,
  first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, min_position INTEGER NOT NULL,
  max_position INTEGER NOT NULL, crc INTEGER NOT NULL, rows BLOB NOT NULL);
CREATE TABLE dead(
  lane INTEGER NOT NULL, position INTEGER NOT NULL, attempts INTEGER NOT NULL,
  outcome INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(lane, position)) WITHOUT ROWID;
CREATE TABLE ids(
  first_position INTEGER PRIMARY KEY, accepted_at INTEGER NOT NULL, hashes BLOB NOT NULL);
CREATE TABLE journal(
  first_position INTEGER PRIMARY KEY, count INTEGER NOT NULL, accepted_at INTEGER NOT NULL,
  crc INTEGER NOT NULL, records BLOB NOT NULL);
CREATE TABLE lanes(
  id INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, name TEXT NOT NULL,
  since INTEGER NOT NULL, cursor INTEGER, closed INTEGER NOT NULL DEFAULT 0, failing_since INTEGER, disabled INTEGER, disabled_at INTEGER NOT NULL DEFAULT 0, generation INTEGER NOT NULL DEFAULT 0);
CREATE UNIQUE INDEX open_lanes ON lanes(tenant, name) WHERE closed = 0;
CREATE TABLE parked(
  lane INTEGER NOT NULL, due_ns INTEGER NOT NULL, position INTEGER NOT NULL,
  attempts INTEGER NOT NULL, group_id INTEGER NOT NULL DEFAULT 0, rest BLOB, bytes INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(lane, due_ns, position)) WITHOUT ROWID;
CREATE TABLE sqlite_sequence(name,seq);
CREATE TABLE state(
  one INTEGER PRIMARY KEY CHECK(one = 1), last_position INTEGER NOT NULL,
  watermark INTEGER NOT NULL, attempt_floor INTEGER NOT NULL, event_bytes INTEGER NOT NULL,
  attempt_bytes INTEGER NOT NULL, hash_key BLOB NOT NULL);
-- version 5
CREATE TABLE attempt_log(
  id INTEGER PRIMARY KEY, shard INTEGER NOT NULL, count INTEGER NOT NULL,
  first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, min_position INTEGER NOT NULL,
  max_position INTEGER NOT NULL, crc INTEGER NOT NULL, rows BLOB NOT NULL);
CREATE TABLE dead(
  lane INTEGER NOT NULL, position INTEGER NOT NULL, attempts INTEGER NOT NULL,
  outcome INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(lane, position)) WITHOUT ROWID;
CREATE TABLE ids(
  first_position INTEGER PRIMARY KEY, accepted_at INTEGER NOT NULL, hashes BLOB NOT NULL);
CREATE TABLE journal(
  first_position INTEGER PRIMARY KEY, count INTEGER NOT NULL, accepted_at INTEGER NOT NULL,
  crc INTEGER NOT NULL, records BLOB NOT NULL);
CREATE TABLE lanes(
  id INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, name TEXT NOT NULL,
  since INTEGER NOT NULL, cursor INTEGER, closed INTEGER NOT NULL DEFAULT 0, failing_since INTEGER, disabled INTEGER, disabled_at INTEGER NOT NULL DEFAULT 0, generation INTEGER NOT NULL DEFAULT 0);
CREATE UNIQUE INDEX open_lanes ON lanes(tenant, name) WHERE closed = 0;
CREATE TABLE parked(
  lane INTEGER NOT NULL, due_ns INTEGER NOT NULL, position INTEGER NOT NULL,
  attempts INTEGER NOT NULL, group_id INTEGER NOT NULL DEFAULT 0, rest BLOB, bytes INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(lane, due_ns, position)) WITHOUT ROWID;
CREATE TABLE sqlite_sequence(name,seq);
CREATE TABLE state(
  one INTEGER PRIMARY KEY CHECK(one = 1), last_position INTEGER NOT NULL,
  watermark INTEGER NOT NULL, attempt_floor INTEGER NOT NULL, event_bytes INTEGER NOT NULL,
  attempt_bytes INTEGER NOT NULL, hash_key BLOB NOT NULL);
-- version 6
CREATE TABLE attempt_log(
  id INTEGER PRIMARY KEY, shard INTEGER NOT NULL, count INTEGER NOT NULL,
  first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, min_position INTEGER NOT NULL,
  max_position INTEGER NOT NULL, crc INTEGER NOT NULL, rows BLOB NOT NULL);
CREATE TABLE dead(
  lane INTEGER NOT NULL, position INTEGER NOT NULL, attempts INTEGER NOT NULL,
  outcome INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(lane, position)) WITHOUT ROWID;
CREATE TABLE ids(
  first_position INTEGER PRIMARY KEY, accepted_at INTEGER NOT NULL, hashes BLOB NOT NULL);
CREATE TABLE journal(
  first_position INTEGER PRIMARY KEY, count INTEGER NOT NULL, accepted_at INTEGER NOT NULL,
  crc INTEGER NOT NULL, records BLOB NOT NULL);
CREATE TABLE lanes(
  id INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, name TEXT NOT NULL,
  since INTEGER NOT NULL, cursor INTEGER, closed INTEGER NOT NULL DEFAULT 0, failing_since INTEGER, disabled INTEGER, disabled_at INTEGER NOT NULL DEFAULT 0, generation INTEGER NOT NULL DEFAULT 0, paused INTEGER NOT NULL DEFAULT 0, paused_until INTEGER, called_at INTEGER, principal TEXT, reason TEXT);
CREATE UNIQUE INDEX open_lanes ON lanes(tenant, name) WHERE closed = 0;
CREATE TABLE parked(
  lane INTEGER NOT NULL, due_ns INTEGER NOT NULL, position INTEGER NOT NULL,
  attempts INTEGER NOT NULL, group_id INTEGER NOT NULL DEFAULT 0, rest BLOB, bytes INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(lane, due_ns, position)) WITHOUT ROWID;
CREATE TABLE sqlite_sequence(name,seq);
CREATE TABLE state(
  one INTEGER PRIMARY KEY CHECK(one = 1), last_position INTEGER NOT NULL,
  watermark INTEGER NOT NULL, attempt_floor INTEGER NOT NULL, event_bytes INTEGER NOT NULL,
  attempt_bytes INTEGER NOT NULL, hash_key BLOB NOT NULL);
