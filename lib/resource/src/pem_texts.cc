#include "carillon/resource/pem_texts.h"

namespace carillon::resource {

absl::StatusOr<base::SharedText> PemTexts::Checked(std::string text, Check check) {
  Passed& passed = passed_[check];
  if (const auto found = passed.find(text); found != passed.end()) return found->second;
  if (absl::Status status = check(text); !status.ok()) return status;
  base::SharedText shared(std::move(text));
  passed.emplace(shared.str(), shared);
  return shared;
}

}  // namespace carillon::resource
