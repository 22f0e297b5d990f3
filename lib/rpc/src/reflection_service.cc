#include "reflection_service.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <set>

namespace carillon::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using grpc::reflection::v1alpha::ServerReflectionRequest;
using grpc::reflection::v1alpha::ServerReflectionResponse;

/// Appends the file and what it imports, each once.
void Append(const FileDescriptor& file, std::set<const FileDescriptor*>& seen,
            ServerReflectionResponse& response) {
  if (!seen.insert(&file).second) return;
  google::protobuf::FileDescriptorProto proto;
  file.CopyTo(&proto);
  file.CopyJsonNameTo(&proto);  // without them Go's clients write members in snake_case
  proto.SerializeToString(response.mutable_file_descriptor_response()->add_file_descriptor_proto());
  for (int i = 0; i < file.dependency_count(); ++i) Append(*file.dependency(i), seen, response);
}

void SetFile(const FileDescriptor* file, ServerReflectionResponse& response) {
  std::set<const FileDescriptor*> seen;
  if (file != nullptr) {
    Append(*file, seen, response);
    return;
  }
  response.mutable_error_response()->set_error_code(grpc::StatusCode::NOT_FOUND);
  response.mutable_error_response()->set_error_message("not found");
}

const FileDescriptor* FileOfExtension(
    const grpc::reflection::v1alpha::ExtensionRequest& extension) {
  const DescriptorPool& pool = *DescriptorPool::generated_pool();
  const Descriptor* type = pool.FindMessageTypeByName(extension.containing_type());
  if (type == nullptr) return nullptr;
  const FieldDescriptor* field = pool.FindExtensionByNumber(type, extension.extension_number());
  return field == nullptr ? nullptr : field->file();
}

void SetNumbers(const std::string& name, ServerReflectionResponse& response) {
  const DescriptorPool& pool = *DescriptorPool::generated_pool();
  const Descriptor* type = pool.FindMessageTypeByName(name);
  if (type == nullptr) {
    SetFile(nullptr, response);
    return;
  }
  std::vector<const FieldDescriptor*> extensions;
  pool.FindAllExtensions(type, &extensions);
  auto& numbers = *response.mutable_all_extension_numbers_response();
  numbers.set_base_type_name(name);
  for (const FieldDescriptor* field : extensions) numbers.add_extension_number(field->number());
}

}  // namespace

/// One stream: reads a question, writes its answer, reads the next.
class ReflectionService::Stream final : CallQueue::Call, IdleList::Member {
 public:
  Stream(CallQueue& queue, ReflectionService& reflection) : Call(queue), reflection_(reflection) {
    reflection_.service_.RequestServerReflectionInfo(&context_, &stream_, queue.get(), queue.get(),
                                                     taken_.tag());
  }

 private:
  void OnTaken(bool ok) {
    if (!ok) {
      delete this;
      return;
    }
    reflection_.Accept(queue_);
    if (const grpc::Status status = reflection_.admit_(context_); !status.ok()) {
      Finish(status);
      return;
    }
    counted_ = reflection_.streams_ < kMaxStreams;
    if (!counted_) {
      Finish({grpc::StatusCode::RESOURCE_EXHAUSTED, "too many reflection streams are open"});
      return;
    }
    ++reflection_.streams_;
    reflection_.idle_.Add(*this);
    Read();
  }
  void OnRead(bool ok) {
    reading_ = false;
    if (finishing_) {
      MaybeGo();
      return;
    }
    if (!ok) {
      Finish(grpc::Status::OK);
      return;
    }
    reflection_.idle_.Touch(*this);
    stream_.Write(reflection_.Answer(request_), written_.tag());
    writing_ = true;
  }
  void OnWritten(bool ok) {
    writing_ = false;
    if (finish_wanted_ || !ok) {
      Finish(ok ? TooIdle() : grpc::Status::CANCELLED);
    } else {
      Read();
    }
  }
  void OnIdle() override {
    if (finishing_) return;
    finish_wanted_ = writing_;
    if (!writing_) Finish(TooIdle());
  }
  void OnFinished(bool) {
    finished_seen_ = true;
    MaybeGo();
  }
  void Read() {
    reading_ = true;
    stream_.Read(&request_, read_.tag());
  }
  void Finish(const grpc::Status& status) {
    finishing_ = true;
    stream_.Finish(status, finished_.tag());
  }
  void MaybeGo() {
    if (reading_ || !finished_seen_) return;
    reflection_.idle_.Remove(*this);
    if (counted_) --reflection_.streams_;
    delete this;
  }
  static grpc::Status TooIdle() {
    return {grpc::StatusCode::DEADLINE_EXCEEDED, "the stream asked nothing for too long"};
  }

  ReflectionService& reflection_;
  CallQueue::Step<Stream> taken_{*this, &Stream::OnTaken};
  CallQueue::Step<Stream> read_{*this, &Stream::OnRead};
  CallQueue::Step<Stream> written_{*this, &Stream::OnWritten};
  CallQueue::Step<Stream> finished_{*this, &Stream::OnFinished};
  grpc::ServerContext context_;
  grpc::ServerAsyncReaderWriter<ServerReflectionResponse, ServerReflectionRequest> stream_{
      &context_};
  ServerReflectionRequest request_;
  bool counted_ = false;
  bool reading_ = false;
  bool writing_ = false;
  bool finish_wanted_ = false;
  bool finishing_ = false;
  bool finished_seen_ = false;
};

void ReflectionService::Accept(CallQueue& queue) { new Stream(queue, *this); }  // owns itself

ServerReflectionResponse ReflectionService::Answer(const ServerReflectionRequest& request) const {
  ServerReflectionResponse response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  const DescriptorPool& pool = *DescriptorPool::generated_pool();
  switch (request.message_request_case()) {
    case ServerReflectionRequest::kFileByFilename:
      SetFile(pool.FindFileByName(request.file_by_filename()), response);
      break;
    case ServerReflectionRequest::kFileContainingSymbol:
      SetFile(pool.FindFileContainingSymbol(request.file_containing_symbol()), response);
      break;
    case ServerReflectionRequest::kFileContainingExtension:
      SetFile(FileOfExtension(request.file_containing_extension()), response);
      break;
    case ServerReflectionRequest::kAllExtensionNumbersOfType:
      SetNumbers(request.all_extension_numbers_of_type(), response);
      break;
    case ServerReflectionRequest::kListServices:
      for (const std::string& name : services_) {
        response.mutable_list_services_response()->add_service()->set_name(name);
      }
      break;
    case ServerReflectionRequest::MESSAGE_REQUEST_NOT_SET:
      response.mutable_error_response()->set_error_code(grpc::StatusCode::INVALID_ARGUMENT);
      response.mutable_error_response()->set_error_message("the request asks nothing");
      break;
  }
  return response;
}

}  // namespace carillon::rpc
