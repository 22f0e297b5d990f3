#pragma once

#include <google/protobuf/message.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "carillon/base/secret.h"
#include "carillon/control/view.h"

namespace carillon::control {

/// Resources by name, in the bytes of their messages: a destination with two keys takes 1.8 KB as a
/// message, in more than 20 pieces, and 0.4 KB so. What is looked up is parsed again, some 2 us
/// each: never by what delivers events.
///
/// Not thread-safe; what `Find` and `List` give can be unpacked later, without the lock that guards
/// this.
class PackedEntries {
 public:
  /// One resource; immutable but for its revision, which changes with the lock held.
  struct Packed {
    const google::protobuf::Message* prototype =
        nullptr;           // of the generated code: outlives everything
    bool expires = false;  // it has an `expire_time`
    base::Secret bytes;
  };
  using PackedPtr = std::shared_ptr<const Packed>;
  struct Found {
    std::string name;
    uint64_t revision = 0;
    PackedPtr packed;  // null: there is none

    Entry Unpack() const;
  };

  static PackedPtr Pack(const google::protobuf::Message& message);
  /// The same for a message that was parsed from `bytes`.
  static PackedPtr Pack(const google::protobuf::Message& message, base::Secret bytes);

  /// Null: takes out what there is of that name. In the order of names it takes the least time.
  void Put(const std::string& name, uint64_t revision, PackedPtr packed);
  /// Does nothing where there is none of that name.
  void SetRevision(std::string_view name, uint64_t revision);

  Found Find(std::string_view name) const;
  /// Those whose names begin so, by name.
  std::vector<Found> List(std::string_view prefix) const;
  /// The last of those by name, the last first.
  std::vector<Found> Last(std::string_view prefix, size_t most) const;
  /// Of those, the ones of the kind of `prototype`, a default instance of generated code.
  std::vector<Found> ListOf(const google::protobuf::Message& prototype,
                            std::string_view prefix) const;
  /// Of those, the ones that have an `expire_time`.
  std::vector<Found> ListExpiring(std::string_view prefix) const;
  size_t Count(std::string_view prefix) const;

 private:
  struct Held {
    uint64_t revision = 0;
    PackedPtr packed;
  };
  void Walk(std::string_view prefix,
            const std::function<void(const std::string&, const Held&)>& visit) const;

  std::map<std::string, Held, std::less<>> entries_;
};

/// Parses all of them.
std::vector<Entry> Unpack(const std::vector<PackedEntries::Found>& found);

}  // namespace carillon::control
