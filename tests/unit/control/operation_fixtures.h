#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "carillon/aip/error.h"
#include "carillon/operations/operations.h"

namespace carillon::control {

/// Operations in memory, which do nothing by themselves, and remember what they were asked.
class TestOperations final : public operations::Operations {
 public:
  void Start(Beginning beginning, Done done) override {
    if (!refusal.ok()) return done(refusal);
    v1::Operation operation = beginning.operation;
    if (operation.name().empty()) {
      operation.set_name("tenants/" + beginning.tenant + "/operations/" +
                         std::to_string(begun.size() + 1));
    }
    operation.set_state(v1::Operation::RUNNING);
    begun.push_back(std::move(beginning));
    all.push_back(operation);
    done(std::move(operation));
  }
  void Get(std::string name, Done done) override { Tell(name, std::move(done)); }
  void List(std::string tenant,
            absl::AnyInvocable<void(absl::StatusOr<std::vector<v1::Operation>>)> done) override {
    std::vector<v1::Operation> list;
    for (const v1::Operation& operation : all) {
      if (tenant == "-" || operation.name().starts_with("tenants/" + tenant + "/")) {
        list.push_back(operation);
      }
    }
    done(std::move(list));
  }
  void Wait(std::string name, std::chrono::nanoseconds at_most, Done done) override {
    waited = at_most;
    Tell(name, std::move(done));
  }
  void Update(std::string name, Change change, Done done) override {
    v1::Operation* const found = Find(name);
    if (found == nullptr) return Tell(name, std::move(done));
    if (absl::Status status = change(*found); !status.ok()) return done(std::move(status));
    Tell(name, std::move(done));
  }
  void Cancel(std::string name, Done done) override {
    if (v1::Operation* const found = Find(name)) found->set_state(v1::Operation::CANCELLED);
    Tell(name, std::move(done));
  }
  void Delete(std::string name, Done done) override {
    Tell(name, std::move(done));
    std::erase_if(all, [&](const v1::Operation& each) { return each.name() == name; });
  }
  void Stop() override {}

  v1::Operation* Find(const std::string& name) {
    const auto found = std::ranges::find(all, name, &v1::Operation::name);
    return found == all.end() ? nullptr : &*found;
  }

  std::vector<v1::Operation> all;
  std::vector<Beginning> begun;
  std::optional<std::chrono::nanoseconds> waited;
  absl::Status refusal;

 private:
  void Tell(const std::string& name, Done done) {
    const v1::Operation* const found = Find(name);
    if (found == nullptr) return done(aip::NotFound("carillon/Operation", name));
    done(*found);
  }
};

}  // namespace carillon::control
