#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "carillon/admin/pending_page.h"
#include "carillon/resource/sections.h"

namespace carillon::admin {

inline model::Pending Left(const std::string& name, uint64_t parked,
                           std::optional<uint64_t> behind = 0) {
  return {.tenant = "t", .name = name, .parked = parked, .behind = behind, .behind_from = 5};
}

inline resource::Config Wanting(const std::vector<std::string>& names) {
  resource::Config config;
  for (const std::string& name : names) {
    model::Destination& destination = config.destinations.emplace_back();
    destination.tenant = "t";
    destination.name = name;
  }
  return config;
}

inline PendingHead HeadOf(const resource::Config& config) {
  PendingHead head{.version = CARILLON_VERSION, .at = "2026-01-01T00:00:00Z", .start_sections = {}};
  for (const resource::StartSection& section : resource::StartSections(config)) {
    head.start_sections.emplace_back(section.name, section.mark);
  }
  return head;
}

inline std::string PageOf(model::PendingReport report, size_t max_bytes = PendingPage::kMaxBytes) {
  return RenderPending(HeadOf({}), report, max_bytes);
}

}  // namespace carillon::admin
