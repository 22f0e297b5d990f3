#pragma once

#include <chrono>
#include <list>

#include "carillon/base/clock.h"

namespace carillon::rpc {

/// Calls of one queue by when something was last heard of them, so that one that keeps silent for
/// too long is found without looking at the others. On the queue's thread.
class IdleList {
 public:
  class Member {
   public:
    /// Nothing was heard for the time. It stays in the list, as if it had been heard of now.
    virtual void OnIdle() = 0;

   protected:
    ~Member() = default;

   private:
    friend class IdleList;
    std::list<Member*>::iterator place_;
    base::MonoTime heard_;
    bool in_ = false;
  };

  /// `most` is of silence. When it is 0, there is no bound.
  IdleList(std::chrono::nanoseconds most, const base::Clock& clock) : most_(most), clock_(clock) {}

  void Add(Member& member) {
    member.place_ = members_.insert(members_.end(), &member);
    member.heard_ = clock_.Mono();
    member.in_ = true;
  }
  /// It was heard of.
  void Touch(Member& member) {
    if (!member.in_) return;
    member.heard_ = clock_.Mono();
    members_.splice(members_.end(), members_, member.place_);
  }
  void Remove(Member& member) {
    if (member.in_) members_.erase(member.place_);
    member.in_ = false;
  }
  /// To be called now and then.
  void Look() {
    if (most_.count() == 0) return;
    const base::MonoTime old = clock_.Mono() - most_;
    while (!members_.empty() && members_.front()->heard_ <= old) {
      Member& member = *members_.front();
      Touch(member);
      member.OnIdle();
    }
  }

 private:
  const std::chrono::nanoseconds most_;
  const base::Clock& clock_;
  std::list<Member*> members_;  ///< silent for longest first
};

}  // namespace carillon::rpc
