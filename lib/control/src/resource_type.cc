#include "carillon/control/resource_type.h"

namespace carillon::control {

using google::protobuf::Message;

absl::Status ResourceType::Evolve(const Message&, Message&, bool) const { return absl::OkStatus(); }

std::unique_ptr<Message> ResourceType::Summary(const Message& message) const {
  std::unique_ptr<Message> copy(message.New());
  copy->CopyFrom(message);
  return copy;
}

}  // namespace carillon::control
