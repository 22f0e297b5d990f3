#pragma once

#include <cstddef>

namespace carillon::delivery {

/// What went wrong in a run, or in several.
struct SimTroubles {
  size_t full_disks = 0;
  size_t failed_journals = 0;
  size_t refused_changes = 0;  ///< that were prepared in vain
  size_t deaths_in_changes = 0;
  size_t drains = 0;
  size_t drains_given_up = 0;  ///< for want of a disk

  SimTroubles& operator+=(const SimTroubles& other) {
    full_disks += other.full_disks;
    failed_journals += other.failed_journals;
    refused_changes += other.refused_changes;
    deaths_in_changes += other.deaths_in_changes;
    drains += other.drains;
    drains_given_up += other.drains_given_up;
    return *this;
  }
};

}  // namespace carillon::delivery
