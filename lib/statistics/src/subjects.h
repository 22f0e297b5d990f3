#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "carillon/statistics/stats_query.h"

namespace carillon::statistics {

/// The numbers by which subjects stand in the file, bounded in their count. Each knows the sum that
/// it is a part of: a destination its tenant's, a tenant that of all. One thread.
class Subjects {
 public:
  static constexpr uint32_t kAll = 1;  ///< the number of the sum of all

  struct Known {
    Subject subject;
    uint32_t sum = 0;       ///< what it is a part of; 0: nothing
    int64_t last_hour = 0;  ///< in which something was counted of it, since the epoch
    bool saved = false;     ///< `last_hour`, and that it exists, is in the file
  };

  /// With none but kAll.
  explicit Subjects(size_t max);

  /// One that the file has. Tenants come before their destinations.
  void Restore(uint32_t number, const Subject& subject, int64_t last_hour);
  /// The number of a destination, which is made if need be; if there is no room for it, or it has
  /// no name, that of its tenant, or else kAll.
  uint32_t Of(std::string_view tenant, std::string_view destination, std::string_view uid = {});
  const Known& Get(uint32_t number) const { return known_.at(number); }
  /// Something was counted of it in this hour.
  void Touch(uint32_t number, int64_t hour);
  /// Those that are not saved, and now are taken to be.
  std::vector<uint32_t> TakeUnsaved();
  /// They could not be saved.
  void GiveBack(const std::vector<uint32_t>& unsaved);
  /// Forgets those that nothing was counted of since that hour, and says which they were.
  std::vector<uint32_t> Forget(int64_t before_hour);

  size_t size() const { return known_.size(); }

 private:
  /// 0: there is no room.
  uint32_t Make(const Subject& subject, uint32_t sum);
  const std::string& KeyOf(std::string_view tenant, std::string_view destination,
                           std::string_view uid);
  const std::string& KeyOf(const Subject& subject);

  size_t max_;
  uint32_t next_ = kAll + 1;
  absl::flat_hash_map<std::string, uint32_t> numbers_;
  absl::flat_hash_map<uint32_t, Known> known_;
  std::vector<uint32_t> unsaved_;
  std::string key_;
};

}  // namespace carillon::statistics
