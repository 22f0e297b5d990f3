#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "carillon/access/authenticator.h"
#include "carillon/base/clock.h"
#include "carillon/base/descriptor_budget.h"
#include "carillon/config/config_file.h"
#include "carillon/control/delivery_access.h"
#include "carillon/notices/notice_store.h"
#include "carillon/operations/replay.h"
#include "carillon/resource/source.h"
#include "carillon/rpc/front.h"
#include "carillon/rpc/guest.h"
#include "carillon/statistics/statistics_store.h"

namespace carillon::server {

/// The administration API of the server: a store of resources in the data folder (`config.db`),
/// what it has as a source of configuration beside the file, and the services that change it. Made
/// and stopped on the main thread; it outlives the front that serves it.
class ControlPlane {
 public:
  /// Opens the store; blocks. `file` and `authenticator` outlive it. The status names what to do:
  /// FAILED_PRECONDITION when the master key is missing or another one, DATA_LOSS when what is
  /// stored is damaged.
  /// `connections` bounds those that tests of destinations make, and outlives it; `delivery`
  /// reaches those who deliver, as `tools` does, whose routes are filled in; `statistics` and
  /// `notices` may be null, and outlive it.
  static absl::StatusOr<std::unique_ptr<ControlPlane>> Open(
      const config::Config& config, const resource::Source& file,
      access::Authenticator& authenticator, base::DescriptorBudget& connections,
      control::DeliveryAccess delivery, const base::Clock& clock, operations::DeliveryTools tools,
      statistics::StatisticsStore* statistics, notices::NoticeStore* notices);
  virtual ~ControlPlane() = default;

  /// The resources that were written by the API.
  virtual resource::Source& source() = 0;
  /// To be served by a front.
  virtual const std::vector<rpc::Guest>& guests() const = 0;
  /// Who tells where a call comes from, from now on, and where it listens; it is asked until
  /// `Stop`.
  virtual void SetFront(const rpc::Front& front, const std::string& publish_address) = 0;
  /// What the file says from now on. Any thread.
  virtual void SetSettings(const config::Config& config) = 0;
  /// What changes is put in force from now on: what expires is deleted. Once.
  virtual void BeginExpiry() = 0;
  /// Answers what is under way with UNAVAILABLE and takes no more: before what is in force is
  /// given up, and before the front stops. Once more does nothing.
  virtual void Stop() = 0;
};

}  // namespace carillon::server
