#include "registered_payload.h"

#include <google/protobuf/arena.h>
#include <google/protobuf/message.h>

#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "carillon/base/text.h"
#include "carillon/model/built_in.h"
#include "diagnose.h"
#include "field_count.h"

namespace carillon::ingest {
namespace {

using google::protobuf::Any;
using google::protobuf::Message;

std::string MessagesListed() {
  std::string out;
  for (const model::PayloadFamily& family : model::kPayloadFamilies) {
    const bool last = family.message == model::kPayloadFamilies.back().message;
    if (!out.empty()) out += last ? " and " : ", ";
    out += family.message;
  }
  return out;
}

absl::Status WrongMessage(const Any& any, Place place, const Encoding& encoding) {
  const std::string shown = absl::StrCat("'", base::Printable(any.type_url()), "' ");
  const schema::EventType* type = encoding.registered();
  if (type != nullptr && type->message != nullptr) {
    return place.Error("type_url",
                       absl::StrCat(shown, "is not ", type->message->descriptor().full_name(),
                                    ", the message of the event type '", type->name, "'"));
  }
  return place.Error("type_url", absl::StrCat(shown, "names none of ", MessagesListed(),
                                              " of carillon.v1, and the event's type has no "
                                              "message of its own"));
}

/// Fields are passed over where payloads are not to be refused.
schema::UnknownFields UnknownIn(const schema::EventType& type) {
  return type.validation == schema::Validation::kRefuse ? schema::UnknownFields::kRefused
                                                        : schema::UnknownFields::kLeftOut;
}

}  // namespace

absl::Status Misfit(const schema::Problem& problem, Place place) {
  return absl::InvalidArgumentError(absl::StrCat(place.Path(), problem.path, ": ", problem.what));
}

absl::Status EncodeRegistered(const Any& any, std::string_view name, Place place,
                              Encoding& encoding) {
  const schema::EventType* type = encoding.registered();
  if (type == nullptr || type->message == nullptr ||
      type->message->descriptor().full_name() != name) {
    return WrongMessage(any, place, encoding);
  }
  const google::protobuf::Descriptor& descriptor = type->message->descriptor();
  const std::string& bytes = any.value();
  auto status = CheckFieldCount(descriptor, bytes, place, kMaxRegisteredFields);
  if (!status.ok()) return status;
  google::protobuf::Arena arena;
  Message& message = *type->message->New(arena);
  if (bytes.size() > static_cast<size_t>(std::numeric_limits<int>::max()) ||
      !message.ParsePartialFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::InvalidArgumentError(Diagnose(descriptor, bytes, place.Path()));
  }
  if (!message.IsInitialized()) {
    return place.Error({}, absl::StrCat("lacks what is required: ",
                                        base::Printable(message.InitializationErrorString())));
  }
  std::string& json = encoding.Json(2 * bytes.size());
  const auto problem = schema::WriteMessage(message, UnknownIn(*type), json);
  return problem ? Misfit(*problem, place) : absl::OkStatus();
}

}  // namespace carillon::ingest
