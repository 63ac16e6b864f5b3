// The one call that RocksDB's C interface lacks: several column families flushed together.
#ifndef QUIVER_CROCKSDBFLUSH_H
#define QUIVER_CROCKSDBFLUSH_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

/// Has the memtables of `count` families written to tables: with `atomic_flush`, all or none of
/// them become part of the database.
///
/// `database` is a `rocksdb_t *`, `families` are `rocksdb_column_family_handle_t *`. With `waits`
/// it returns when the tables are written, without as soon as their writing is on its way.
///
/// - Returns: NULL, or what went wrong, to be freed with `rocksdb_free`.
char *_Nullable crf_flush(void *database, void *const _Nonnull *_Nonnull families, size_t count,
                          bool waits);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif

#endif
