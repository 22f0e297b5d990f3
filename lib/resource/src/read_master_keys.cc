#include "read_master_keys.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "secret_source.h"

namespace carillon::resource {
namespace {

void ReadKey(const v1::Secret& given, const Path& path, std::vector<sealing::MasterKey>& keys,
             Errors& errors) {
  const std::optional<FoundSecret> found = FindSecret(given, path, errors);
  if (!found) return;
  auto key = sealing::MasterKey::Parse(found->secret.Reveal());
  if (!key.ok()) return errors.Add(path, std::string(key.status().message()));
  if (!keys.empty() && keys.front().id() == key->id()) {
    return errors.Add(path, "is the same as master_key: leave it out");
  }
  keys.push_back(*std::move(key));
}

}  // namespace

sealing::MasterKeys ReadMasterKeys(const v1::SecretSettings& given, const Path& path,
                                   Errors& errors) {
  std::vector<sealing::MasterKey> keys;
  if (given.has_master_key()) ReadKey(given.master_key(), path.Member("master_key"), keys, errors);
  if (given.has_previous_master_key()) {
    const Path previous = path.Member("previous_master_key");
    if (!given.has_master_key()) {
      errors.Add(previous, "needs a master_key, which takes its place");
    } else {
      ReadKey(given.previous_master_key(), previous, keys, errors);
    }
  }
  return sealing::MasterKeys(std::move(keys));
}

}  // namespace carillon::resource
