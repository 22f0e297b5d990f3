#include "carillon/client/resources.h"

#include <google/protobuf/field_mask.pb.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"

namespace carillon::client {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

constexpr uint64_t kPageSize = 1000;

const FieldDescriptor* Member(const Message& message, const std::string& name) {
  return message.GetDescriptor()->FindFieldByName(name);
}

absl::StatusOr<const MethodDescriptor*> MethodOf(const Kind& kind, std::string_view verb) {
  if (const MethodDescriptor* method = kind.Method(verb)) return method;
  return absl::UnimplementedError(absl::StrCat("the API has no method ", base::ToAbsl(verb), " of ",
                                               base::ToAbsl(kind.plural)));
}

/// The member of a request or an answer that holds the kind's resources.
const FieldDescriptor* ResourceMember(const Descriptor& type, const Kind& kind) {
  for (int i = 0; i < type.field_count(); ++i) {
    if (type.field(i)->message_type() == kind.type) return type.field(i);
  }
  return nullptr;
}

/// INVALID_ARGUMENT: an option is given that the method does not have.
absl::Status SetOptions(const ChangeOptions& options, Message& request) {
  const auto flag = [&](const char* member, bool value) {
    return !value || SetFlag(request, member, true);
  };
  const auto text = [&](const char* member, const std::string& value) {
    return value.empty() || SetText(request, member, value);
  };
  const char* missing = nullptr;
  if (!text("request_id", options.request_id)) missing = "a request id";
  if (!flag("validate_only", options.validate_only)) missing = "a dry run";
  if (!flag("allow_missing", options.allow_missing)) missing = "one that does not exist";
  if (!flag("force", options.force)) missing = "force";
  if (!flag("reuse_name", options.reuse_name)) missing = "a name that is used again";
  if (!text("etag", options.etag)) missing = "an etag";
  if (missing == nullptr) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(request.GetDescriptor()->name(), " does not take ", missing));
}

}  // namespace

Answer NewMessage(const Descriptor& type) {
  return Answer(google::protobuf::MessageFactory::generated_factory()->GetPrototype(&type)->New());
}

std::string TextOf(const Message& message, const std::string& member) {
  const FieldDescriptor* field = Member(message, member);
  if (field == nullptr || field->is_repeated() ||
      field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) {
    return "";
  }
  return message.GetReflection()->GetString(message, field);
}

bool SetText(Message& message, const std::string& member, const std::string& value) {
  const FieldDescriptor* field = Member(message, member);
  if (field == nullptr || field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) return false;
  message.GetReflection()->SetString(&message, field, value);
  return true;
}

bool SetFlag(Message& message, const std::string& member, bool value) {
  const FieldDescriptor* field = Member(message, member);
  if (field == nullptr || field->cpp_type() != FieldDescriptor::CPPTYPE_BOOL) return false;
  message.GetReflection()->SetBool(&message, field, value);
  return true;
}

absl::StatusOr<Answer> Resources::Call(const MethodDescriptor& method, const Message& request) {
  Answer answer = NewMessage(*method.output_type());
  if (absl::Status status = caller_.Call(method, request, *answer); !status.ok()) return status;
  return answer;
}

absl::StatusOr<Answer> Resources::Get(const Kind& kind, const std::string& name) {
  const auto method = MethodOf(kind, "Get");
  if (!method.ok()) return method.status();
  const Answer request = NewMessage(*(*method)->input_type());
  SetText(*request, "name", name);
  return Call(**method, *request);
}

absl::Status Resources::List(const Kind& kind, const ListQuery& query,
                             const std::function<void(const Message&)>& each) {
  const auto method = MethodOf(kind, "List");
  if (!method.ok()) return method.status();
  const FieldDescriptor* const items = ResourceMember(*(*method)->output_type(), kind);
  const Answer request = NewMessage(*(*method)->input_type());
  SetText(*request, "parent", query.parent);
  if (!query.filter.empty() && !SetText(*request, "filter", query.filter)) {
    return absl::InvalidArgumentError(
        absl::StrCat(base::ToAbsl(kind.plural), " are few: there is no filter for them"));
  }
  if (!query.order_by.empty() && !SetText(*request, "order_by", query.order_by)) {
    return absl::InvalidArgumentError(
        absl::StrCat(base::ToAbsl(kind.plural), " are few: they have one order"));
  }
  const FieldDescriptor* const size = Member(*request, "page_size");
  uint64_t seen = 0;
  while (true) {
    const uint64_t wanted = query.limit == 0 ? kPageSize : query.limit - seen;
    if (size != nullptr) {
      request->GetReflection()->SetInt32(request.get(), size,
                                         static_cast<int32_t>(std::min(wanted, kPageSize)));
    }
    const absl::StatusOr<Answer> page = Call(**method, *request);
    if (!page.ok()) return page.status();
    const auto& reflection = *(*page)->GetReflection();
    for (int i = 0; i < reflection.FieldSize(**page, items); ++i) {
      each(reflection.GetRepeatedMessage(**page, items, i));
      if (++seen == query.limit) return absl::OkStatus();
    }
    std::string next = TextOf(**page, "next_page_token");
    if (next.empty()) return absl::OkStatus();
    if (next == TextOf(*request, "page_token")) {
      return absl::InternalError("the server gave the same page token twice");
    }
    SetText(*request, "page_token", next);
  }
}

absl::StatusOr<Answer> Resources::Create(const Kind& kind, const std::string& parent,
                                         const std::string& id, const Message& resource,
                                         const ChangeOptions& options) {
  const auto method = MethodOf(kind, "Create");
  if (!method.ok()) return method.status();
  const Answer request = NewMessage(*(*method)->input_type());
  SetText(*request, "parent", parent);
  const FieldDescriptor* const member = ResourceMember(*request->GetDescriptor(), kind);
  if (!id.empty() && !SetText(*request, member->name() + "_id", id)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the server names ", base::ToAbsl(kind.plural), ": leave the name out"));
  }
  request->GetReflection()->MutableMessage(request.get(), member)->CopyFrom(resource);
  if (absl::Status status = SetOptions(options, *request); !status.ok()) return status;
  return Call(**method, *request);
}

absl::StatusOr<Answer> Resources::Update(const Kind& kind, const Message& resource,
                                         const std::vector<std::string>& mask,
                                         const ChangeOptions& options) {
  const auto method = MethodOf(kind, "Update");
  if (!method.ok()) return method.status();
  const Answer request = NewMessage(*(*method)->input_type());
  const auto& reflection = *request->GetReflection();
  reflection.MutableMessage(request.get(), ResourceMember(*request->GetDescriptor(), kind))
      ->CopyFrom(resource);
  if (!mask.empty()) {
    auto& paths = static_cast<google::protobuf::FieldMask&>(
        *reflection.MutableMessage(request.get(), Member(*request, "update_mask")));
    for (const std::string& path : mask) paths.add_paths(path);
  }
  if (absl::Status status = SetOptions(options, *request); !status.ok()) return status;
  return Call(**method, *request);
}

absl::StatusOr<Answer> Resources::Delete(const Kind& kind, const std::string& name,
                                         const ChangeOptions& options) {
  const auto method = MethodOf(kind, "Delete");
  if (!method.ok()) return method.status();
  const Answer request = NewMessage(*(*method)->input_type());
  SetText(*request, "name", name);
  if (absl::Status status = SetOptions(options, *request); !status.ok()) return status;
  return Call(**method, *request);
}

}  // namespace carillon::client
