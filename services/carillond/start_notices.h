#pragma once

#include <memory>
#include <string>

#include "carillon/base/clock.h"
#include "carillon/log/log.h"
#include "carillon/notices/notice_store.h"
#include "carillon/resource/config.h"

namespace carillon::server {

/// Opens the notices in the data folder: `notices.db`. Null where they cannot be opened, which is
/// logged: deliveries go on without them. Clock and logger outlive them.
std::unique_ptr<notices::NoticeStore> StartNotices(const resource::Config& config,
                                                   const base::Clock& clock, log::Logger& logger);

/// Something happened to the server now. `store` may be null.
void KeepNotice(notices::NoticeStore* store, notices::Kind kind, std::string text,
                const base::Clock& clock);

}  // namespace carillon::server
