#include "describe_call.h"

#include <utility>

#include "absl/strings/ascii.h"

namespace carillon::controlgrpc {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::string TextOf(const Message& message, const char* member) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(member);
  const bool is_text = field != nullptr && !field->is_repeated() &&
                       field->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
  return is_text ? message.GetReflection()->GetString(message, field) : "";
}

/// The name of the resource that the request holds; empty: it holds none.
std::string NameWithin(const Message& request) {
  const auto& type = *request.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.is_repeated() || field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!request.GetReflection()->HasField(request, &field)) continue;
    std::string name = TextOf(request.GetReflection()->GetMessage(request, &field), "name");
    if (!name.empty()) return name;
  }
  return "";
}

}  // namespace

void DescribeRequest(const Message& request, control::CallTrail& trail) {
  trail.request_id = TextOf(request, "request_id");
  trail.reason = TextOf(request, "reason");
  for (std::string name : {TextOf(request, "name"), NameWithin(request),
                           TextOf(request, "destination"), TextOf(request, "parent")}) {
    if (name.empty()) continue;
    trail.resource = std::move(name);
    break;
  }
  const FieldDescriptor* tries = request.GetDescriptor()->FindFieldByName("validate_only");
  if (tries != nullptr && request.GetReflection()->GetBool(request, tries)) trail.changes = false;
}

std::string TraceIdOf(std::string_view traceparent) {
  constexpr size_t kBegin = 3;  // behind `00-`
  constexpr size_t kDigits = 32;
  if (traceparent.size() < kBegin + kDigits) return "";
  std::string id(traceparent.substr(kBegin, kDigits));
  for (const char c : id) {
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) return "";
  }
  return id;
}

}  // namespace carillon::controlgrpc
