#include "carillon/control/resource_type.h"

#include "metadata.h"

namespace carillon::control {

using google::protobuf::Message;

absl::Status ResourceType::Evolve(const Message&, Message&, bool) const { return absl::OkStatus(); }

absl::Status ResourceType::Permit(const google::protobuf::Message*,
                                  const google::protobuf::Message&, const View&) const {
  return absl::OkStatus();
}

std::unique_ptr<google::protobuf::Message> ResourceType::Summary(const Message& message) const {
  std::unique_ptr<Message> copy(message.New());
  copy->CopyFrom(message);
  return copy;
}

std::vector<std::string> ResourceType::NamesOfFile(const resource::Snapshot& file,
                                                   std::string_view tenant) const {
  std::vector<std::string> names;
  for (const MessagePtr& message : OfFile(file, tenant)) names.push_back(GetText(*message, "name"));
  return names;
}

}  // namespace carillon::control
