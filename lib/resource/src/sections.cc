#include "carillon/resource/sections.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"

namespace carillon::resource {
namespace {

/// FNV-1a: two processes get the same, which absl::Hash does not promise.
std::string MarkOf(std::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return absl::StrCat(absl::Hex(hash, absl::kZeroPad16));
}

std::string MarkOf(const google::protobuf::MessageLite& section) {
  return MarkOf(std::string_view(section.SerializeAsString()));
}

/// Which master keys there are; nothing of a key.
std::string KeyIds(const sealing::MasterKeys& keys) {
  std::string ids;
  for (const sealing::MasterKey& key : keys.all()) ids += key.id();
  return ids;
}

}  // namespace

std::vector<StartSection> StartSections(const Config& config) {
  return {{"server", MarkOf(config.server)},
          {"journal", MarkOf(config.journal)},
          {"delivery", MarkOf(config.delivery)},
          {"resolver", MarkOf(config.resolver)},
          {"delivery_log", MarkOf(config.delivery_log)},
          {"statistics", MarkOf(config.statistics)},
          {"audit", MarkOf(config.audit)},
          {"console", MarkOf(config.console)},
          {"secrets", MarkOf(KeyIds(config.master_keys))},
          {"tracing", MarkOf(std::string_view(config.tracing.file))}};
}

std::vector<std::string_view> RestartNeeded(const std::vector<StartSection>& running,
                                            const std::vector<StartSection>& wanted) {
  std::vector<std::string_view> different;
  for (const StartSection& section : wanted) {
    if (std::ranges::find(running, section) == running.end()) different.push_back(section.name);
  }
  return different;
}

}  // namespace carillon::resource
