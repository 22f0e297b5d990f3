#pragma once

#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/message.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "carillon/base/clock.h"
#include "carillon/control/caller.h"
#include "carillon/control/repository.h"
#include "carillon/control/resource_type.h"

namespace carillon::control {

/// What all requests that change something have; the message outlives the call.
struct ChangeRequest {
  std::string method;  ///< `carillon.v1.DestinationService/CreateDestination`
  const google::protobuf::Message& request;
  std::string request_id;
  bool validate_only = false;
  bool force = false;  ///< an update may be one that others who rely on the resource do not expect
  bool reuse_name = false;  ///< a tenant may take the name of one that was deleted
};

/// A page of a list.
struct Page {
  std::vector<std::unique_ptr<google::protobuf::Message>> resources;
  std::string next_page_token;
  int32_t total_size = 0;
};

struct ListRequest {
  std::string method;
  std::string parent;
  int32_t page_size = 0;
  std::string page_token;
  std::string filter;
  std::string order_by;
};

struct Deletion {
  std::string name;
  std::string etag;
  bool allow_missing = false;
  bool force = false;
};

/// The standard methods (AIP-131 to 135) of one kind of resource, whatever it is. Errors are those
/// of carillon/aip/error.h. What they name was checked to be the caller's. Thread-safe; the
/// repository, the type and the clock outlive it.
class Methods {
 public:
  using Done = absl::AnyInvocable<void(absl::StatusOr<Answer>)>;

  Methods(Repository& repository, const ResourceType& type, const base::Clock& clock)
      : repository_(repository), type_(type), clock_(clock) {}

  /// What there is, of all kinds.
  const View& view() const { return repository_; }
  absl::StatusOr<Answer> Get(const std::string& name) const;
  /// Completes what is listed by what is known elsewhere, before it is filtered; may be null.
  using Complete = std::function<void(google::protobuf::Message& shown)>;
  absl::StatusOr<Page> List(const ListRequest& request, const Caller& caller,
                            const Complete& complete = nullptr) const;
  /// The names of all that the caller sees of the request's parent.
  absl::StatusOr<std::vector<std::string>> Names(const ListRequest& request,
                                                 const Caller& caller) const;

  /// `id` may be empty where the type makes one.
  void Create(const ChangeRequest& request, const Caller& caller, const std::string& parent,
              const std::string& id, const google::protobuf::Message& given, Done done);
  void Update(const ChangeRequest& request, const Caller& caller,
              const google::protobuf::Message& given, const google::protobuf::FieldMask& mask,
              bool allow_missing, Done done);
  /// Changes one by a method of its own, `modify`, on the control thread; its error is the call's.
  void Modify(const ChangeRequest& request, const Caller& caller, const std::string& name,
              const std::string& etag,
              std::function<absl::Status(google::protobuf::Message&)> modify, Done done);
  /// `describe` makes the answer of what is deleted, first, and what changes with it; of nothing
  /// when there was none.
  void Delete(const ChangeRequest& request, const Caller& caller, const Deletion& deletion,
              std::function<Answer(const std::vector<Edit>&)> describe, Done done);

 private:
  /// What a call says beside its resource.
  struct How {
    bool validate_only = false;
    bool force = false;          ///< see ChangeRequest
    bool allow_missing = false;  ///< an update makes what there is not
    bool is_operator = false;    ///< the caller
    bool reuse_name = false;     ///< see ChangeRequest
  };
  absl::StatusOr<ChangeSet> DecideCreate(const View& view, const std::string& name,
                                         const google::protobuf::Message& given,
                                         const How& how) const;
  /// The same of a tenant whose name may be retired, and is no more then.
  absl::StatusOr<ChangeSet> DecideReuse(const View& view, const std::string& name,
                                        const google::protobuf::Message& given,
                                        const How& how) const;
  absl::StatusOr<ChangeSet> DecideUpdate(const View& view, const google::protobuf::Message& given,
                                         const google::protobuf::FieldMask& mask,
                                         const How& how) const;
  /// The one of the store that a call means. READ_ONLY_FILE, NOT_FOUND, ETAG_MISMATCH.
  absl::StatusOr<Entry> FindToChange(const View& view, const std::string& name,
                                     const std::string& etag) const;
  absl::StatusOr<std::vector<Edit>> DecideDelete(const View& view, const Deletion& deletion) const;
  /// The edit and the answer of a resource that is about to be stored.
  absl::StatusOr<ChangeSet> Store(const View& view, std::shared_ptr<google::protobuf::Message> next,
                                  bool shows_secrets, bool validate_only) const;
  /// One that the file has, as it is shown; null: it has none.
  MessagePtr FindInFile(const View& view, const std::string& name) const;
  /// How the names of stored ones begin that are of a tenant, of all (`-`) or of none (empty).
  std::string PrefixOf(const std::string& tenant) const;
  /// Those of a tenant, of all (`-`) or of none (empty), of store and file, as callers see them.
  std::vector<Answer> Shown(const std::string& tenant) const;
  absl::Status CheckName(const std::string& name, const char* field) const;
  void Change(const ChangeRequest& request, const Caller& caller,
              const google::protobuf::Message& answer_type,
              absl::AnyInvocable<absl::StatusOr<ChangeSet>(const View&)> decide, Done done);

  Repository& repository_;
  const ResourceType& type_;
  const base::Clock& clock_;
};

}  // namespace carillon::control
