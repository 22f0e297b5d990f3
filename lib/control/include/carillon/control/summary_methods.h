#pragma once

#include "carillon/control/destination_reader.h"
#include "carillon/control/standard_methods.h"
#include "carillon/statistics/statistics_store.h"
#include "carillon/v1/stats_service.pb.h"

namespace carillon::control {

/// GetSummary: how all destinations of a tenant, or of all that the caller sees, fare now, by one
/// question to delivery, and the rates of the last minute. Nothing is read from a disk.
/// Thread-safe; what is given outlives it, and whatever is under way has been answered before it
/// ends.
class SummaryMethods {
 public:
  using Done = Methods::Done;

  /// `statistics` null: there are no rates.
  SummaryMethods(DestinationReader& reader, const statistics::StatisticsStore* statistics)
      : reader_(reader), statistics_(statistics) {}

  /// On the thread that reads. `done`, once, there or on any thread. RATE_LIMITED as lists by
  /// status.
  void Get(const v1::GetSummaryRequest& request, const Caller& caller, Done done);

 private:
  void SetRates(const std::string& name, const Caller& caller, v1::Summary& summary) const;

  DestinationReader& reader_;
  const statistics::StatisticsStore* const statistics_;
};

/// Adds one destination to the counts; nullopt: delivery did not tell.
void AddToSummary(const std::optional<delivery::DestinationStatus>& status, v1::Summary& summary);

}  // namespace carillon::control
