#include "mailbox.h"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <memory>
#include <string>
#include <vector>

namespace carillon::http {
namespace {

/// Knows every name at once.
class QuickResolver final : public Resolver {
 public:
  void Resolve(const std::string&, const std::string&, ResolveDone done) override {
    done(Addresses{});
  }
};

struct User final : LookupUser {
  explicit User(int& the_count) : count(the_count) {}
  void OnResolved(absl::StatusOr<Addresses>) override { ++count; }
  int& count;
};

class MailboxTest : public testing::Test {
 protected:
  void Ask(size_t count) {
    for (; count > 0; --count) {
      users_.push_back(std::make_shared<User>(answered_));
      mailbox_->Ask(resolver_, "shop.test", "t", users_.back());
    }
  }

  boost::asio::io_context io_{1};
  QuickResolver resolver_;
  int answered_ = 0;
  std::vector<std::shared_ptr<User>> users_;
  const std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>(io_);
};

TEST_F(MailboxTest, ManyAnswersLeaveTurnsToWhatElseIsReady) {
  Ask(3 * Mailbox::kAtOnce);
  EXPECT_EQ(answered_, 0) << "never from within";
  int at_turn = 0;
  boost::asio::post(io_, [&] { at_turn = answered_; });
  io_.run();
  EXPECT_EQ(at_turn, static_cast<int>(Mailbox::kAtOnce));
  EXPECT_EQ(answered_, static_cast<int>(3 * Mailbox::kAtOnce));
}

TEST_F(MailboxTest, WhoIsGoneIsNotTold) {
  Ask(2);
  users_.pop_back();
  io_.run();
  EXPECT_EQ(answered_, 1);
}

TEST_F(MailboxTest, NothingComesOnceItIsShut) {
  Ask(2 * Mailbox::kAtOnce);
  io_.run_one();
  mailbox_->Shut();
  Ask(1);
  io_.run();
  EXPECT_EQ(answered_, static_cast<int>(Mailbox::kAtOnce));
}

}  // namespace
}  // namespace carillon::http
