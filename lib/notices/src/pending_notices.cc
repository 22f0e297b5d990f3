#include "pending_notices.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"

namespace carillon::notices {

std::string MergeKey(const Notice& notice) {
  constexpr std::string_view kEnd("\0", 1);  // which no name has
  return absl::StrCat(static_cast<int>(notice.kind), base::ToAbsl(kEnd), notice.tenant,
                      base::ToAbsl(kEnd), notice.destination, base::ToAbsl(kEnd), notice.uid,
                      base::ToAbsl(kEnd), notice.principal, base::ToAbsl(kEnd),
                      notice.disabled ? static_cast<int>(*notice.disabled) : 0, base::ToAbsl(kEnd),
                      notice.text);
}

Notice Merge(const Notice& older, Notice newer) {
  newer.first = std::min(older.first, newer.first);
  newer.count += older.count;
  return newer;
}

bool PendingNotices::Add(Notice notice) {
  std::string key = MergeKey(notice);
  if (const auto known = notices_.find(key); known != notices_.end()) {
    known->second = {next_++, Merge(known->second.notice, std::move(notice))};
    return true;
  }
  if (notices_.size() >= max_) return false;
  size_t& of_tenant = of_tenant_[notice.tenant];
  if (of_tenant >= half()) return false;
  ++of_tenant;
  notices_.emplace(std::move(key), Numbered{next_++, std::move(notice)});
  return true;
}

std::vector<Notice> PendingNotices::Take() {
  std::vector<Numbered> all;
  all.reserve(notices_.size());
  for (auto& [key, numbered] : notices_) all.push_back(std::move(numbered));
  notices_.clear();
  of_tenant_.clear();
  std::ranges::sort(all, {}, &Numbered::number);
  std::vector<Notice> taken;
  taken.reserve(all.size());
  for (Numbered& numbered : all) taken.push_back(std::move(numbered.notice));
  return taken;
}

}  // namespace carillon::notices
