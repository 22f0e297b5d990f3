#include "calls.h"

#include <utility>

#include "messages.h"
#include "request_id.h"

namespace carillon::connect {

Error Stopping() {
  return MakeError(v1::STOPPING, "the server is stopping", std::chrono::seconds(1));
}

std::variant<std::string, Error> RequestMessage(Incoming& incoming) {
  const CallHead& head = incoming.head;
  std::variant<std::string, Error> taken =
      TakeMessage(head, std::exchange(incoming.body, {}), incoming.max_message_bytes);
  auto* const text = std::get_if<std::string>(&taken);
  if (text == nullptr) return taken;
  if (auto full = incoming.ticket.Hold(text->size())) return *std::move(full);
  std::string message;
  if (head.codec == Codec::kBinary) {
    message = std::move(*text);
  } else if (auto wrong = JsonToBinary(head.method->request(), *text, message)) {
    return *std::move(wrong);
  }
  if (!head.idempotency_key.empty()) {
    auto wrong = SetRequestId(*head.method->request_id(), head.idempotency_key, message);
    if (wrong) return *std::move(wrong);
  }
  return message;
}

void SetContext(const Incoming& incoming, grpc::ClientContext& context) {
  if (incoming.deadline != incoming.deadline.max()) context.set_deadline(incoming.deadline);
  for (const auto& [name, value] : incoming.head.metadata) context.AddMetadata(name, value);
}

std::variant<std::string, Error> AnswerMessage(const CallHead& head,
                                               const grpc::ByteBuffer& answer) {
  std::string binary;
  binary.reserve(answer.Length());
  std::vector<grpc::Slice> slices;
  if (answer.Valid()) answer.Dump(&slices);
  for (const grpc::Slice& slice : slices) {
    binary.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  if (head.codec == Codec::kBinary) return binary;
  std::string json;
  const absl::Status made = BinaryToJson(head.method->response().full_name(), binary, json);
  if (made.ok()) return json;
  return aip::ToRpc(made);
}

Error CallError(const CallHead& head, const grpc::Status& status) {
  Error error = FromGrpc(status);
  if (head.codec == Codec::kJson) UseJsonNames(head.method->request(), error);
  return error;
}

grpc::ByteBuffer ToBuffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace carillon::connect
