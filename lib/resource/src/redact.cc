#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "carillon/resource/to_message.h"
#include "carillon/v1/options.pb.h"
#include "carillon/v1/resource.pb.h"

namespace carillon::resource {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr size_t kShownBytes = 4;
constexpr size_t kLeastShownOf = 32;  ///< of a shorter one four characters would tell too much

bool IsPrintable(char c) { return c > 0x20 && c < 0x7F; }

/// Leaves of it that it is there, and by what people tell two apart.
void Hide(v1::Secret& secret) {
  const bool set = secret.set() || secret.source_case() != v1::Secret::SOURCE_NOT_SET;
  std::string_view text = secret.value();
  while (!text.empty() && !IsPrintable(text.back())) text.remove_suffix(1);
  std::string last = secret.last_characters();
  if (text.size() >= kLeastShownOf) last = text.substr(text.size() - kShownBytes);
  if (!std::ranges::all_of(last, IsPrintable)) last.clear();
  secret.clear_source();
  secret.set_set(set);
  secret.set_last_characters(std::move(last));
}

/// Hides a header's value too when its name says that it is a secret, wherever it stands.
void Hide(v1::Header& header) {
  if (header.has_value() && TellsSecret(header.name())) {
    std::string value = std::move(*header.mutable_value());
    header.mutable_secret()->set_value(std::move(value));
  }
  if (header.has_secret()) Hide(*header.mutable_secret());
}

}  // namespace

bool HoldsSecret(const FieldDescriptor& field) {
  return field.options().GetExtension(v1::rule).secret();
}

bool TellsSecret(std::string_view header) {
  std::string name(header);
  absl::AsciiStrToLower(&name);
  std::erase(name, '-');
  if (name == "authorization" || name == "cookie") return true;
  constexpr std::array<std::string_view, 4> kWords = {"apikey", "token", "secret", "password"};
  return std::ranges::any_of(kWords,
                             [&](std::string_view word) { return name.find(word) != name.npos; });
}

void Redact(Message& message) {
  if (auto* const secret = dynamic_cast<v1::Secret*>(&message)) return Hide(*secret);
  if (auto* const header = dynamic_cast<v1::Header*>(&message)) return Hide(*header);
  const auto& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (HoldsSecret(*field)) {
      reflection.ClearField(&message, field);
    } else if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      continue;
    } else if (!field->is_repeated()) {
      Redact(*reflection.MutableMessage(&message, field));
    } else {
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        Redact(*reflection.MutableRepeatedMessage(&message, field, i));
      }
    }
  }
}

}  // namespace carillon::resource
