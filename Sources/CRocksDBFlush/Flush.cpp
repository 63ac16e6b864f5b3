#include "CRocksDBFlush.h"

#include <rocksdb/db.h>

#include <cstring>
#include <vector>

namespace {

// What the handles of the C interface begin with: RocksDB's own object.
template <typename Object>
Object *object_of(void *handle) {
  return *static_cast<Object **>(handle);
}

}  // namespace

char *crf_flush(void *database, void *const *families, size_t count, bool waits) {
  std::vector<rocksdb::ColumnFamilyHandle *> handles;
  handles.reserve(count);
  for (size_t i = 0; i < count; i++) {
    handles.push_back(object_of<rocksdb::ColumnFamilyHandle>(families[i]));
  }
  rocksdb::FlushOptions options;
  options.wait = waits;
  rocksdb::Status status = object_of<rocksdb::DB>(database)->Flush(options, handles);
  return status.ok() ? nullptr : strdup(status.ToString().c_str());
}
