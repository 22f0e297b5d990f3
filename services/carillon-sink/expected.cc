#include "expected.h"

#include "carillon/base/text.h"

namespace carillon::sink {

void Expected::Answered(std::string_view id, Verdict verdict, int status) {
  const auto found = missing_.find(id);
  if (found == missing_.end()) return;
  if (verdict == Verdict::kFailed) failed_.emplace(id);
  if (verdict == Verdict::kFailed || status < 200 || status > 299) return;
  missing_.erase(found);
  if (missing_.empty()) done_();
}

std::string Expected::Missing() const {
  std::string text;
  for (const std::string& id : missing_) {
    if (!text.empty()) text += ", ";
    text += base::Printable(id, 256);
    if (failed_.contains(id)) text += " (its signature is wrong)";
  }
  return text;
}

}  // namespace carillon::sink
