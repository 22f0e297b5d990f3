#include "method_table.h"

#include <google/protobuf/descriptor.pb.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/base/similar.h"
#include "carillon/base/text.h"

namespace carillon::connect {

using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodOptions;
using google::protobuf::ServiceDescriptor;

const FieldDescriptor* Method::request_id() const {
  const FieldDescriptor* field = request().FindFieldByName("request_id");
  const bool text = field != nullptr && field->type() == FieldDescriptor::TYPE_STRING;
  return text && !field->is_repeated() ? field : nullptr;
}

absl::StatusOr<MethodTable> MethodTable::Create(const std::vector<std::string>& services) {
  MethodTable table;
  for (const std::string& name : services) {
    const ServiceDescriptor* service = DescriptorPool::generated_pool()->FindServiceByName(name);
    if (service == nullptr) return absl::NotFoundError(absl::StrCat("no descriptor of ", name));
    for (int i = 0; i < service->method_count(); ++i) {
      Method method;
      method.descriptor = service->method(i);
      method.path = absl::StrCat("/", name, "/", method.descriptor->name());
      method.safe =
          method.descriptor->options().idempotency_level() == MethodOptions::NO_SIDE_EFFECTS;
      std::string path = method.path;
      table.methods_.emplace(std::move(path), std::move(method));
    }
  }
  return table;
}

const Method* MethodTable::Find(std::string_view path) const {
  const auto found = methods_.find(path);
  return found == methods_.end() ? nullptr : &found->second;
}

std::string MethodTable::Unknown(std::string_view path) const {
  std::vector<std::string_view> known;
  for (const auto& [each, method] : methods_) known.push_back(each);
  return absl::StrCat("no such method: ", base::Printable(path), base::DidYouMean(path, known));
}

}  // namespace carillon::connect
