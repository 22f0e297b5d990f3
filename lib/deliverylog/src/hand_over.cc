#include "hand_over.h"

#include <string>

#include "codec.h"

namespace carillon::deliverylog {

void HandOver::Add(uint32_t shard, const Entry& entry) {
  stripes_.Add(shard, EntryBytes(entry), [&entry](std::string& bytes) { PutEntry(bytes, entry); });
}

}  // namespace carillon::deliverylog
