#include "start_notices.h"

#include <utility>

namespace carillon::server {

std::unique_ptr<notices::NoticeStore> StartNotices(const resource::Config& config,
                                                   const base::Clock& clock, log::Logger& logger) {
  notices::Options options;
  options.path = config.journal.data_dir() + "/notices.db";
  options.min_free_bytes = 2 * config.journal.min_free_bytes();  // events come first
  auto opened = notices::NoticeStore::Open(std::move(options), clock, logger);
  if (opened.ok()) return *std::move(opened);
  logger.Error("notices cannot be opened: none are kept until the next start",
               {{"error", opened.status().message()}});
  return nullptr;
}

void KeepNotice(notices::NoticeStore* store, notices::Kind kind, std::string text,
                const base::Clock& clock) {
  if (store == nullptr) return;
  const base::WallTime now = clock.Wall();
  store->Add({.kind = kind, .first = now, .last = now, .text = std::move(text)});
}

}  // namespace carillon::server
