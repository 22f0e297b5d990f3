#include "carillon/resource/path.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace carillon::resource {
namespace {

using testing::ElementsAre;

class ErrorsTest : public testing::Test {
 protected:
  std::vector<std::string> Places() const {
    std::vector<std::string> places;
    for (const Errors::Violation& violation : errors_.violations()) {
      places.push_back(violation.path);
    }
    return places;
  }

  NoReferences references_;
  Errors errors_{references_};
  const Path file_;
  const Path retry_ = file_.Member("retry");
};

TEST_F(ErrorsTest, OneMistakeIsToldOnce) {
  const Path delays = retry_.Member("delays");
  errors_.Add(delays, "is wrong");
  errors_.Add(delays, "is wrong in another way");
  errors_.Add(delays.At(0), "is wrong below");
  errors_.Add(retry_, "is wrong above");
  EXPECT_THAT(Places(), ElementsAre("retry.delays"));
}

TEST_F(ErrorsTest, AMemberWhoseNameBeginsAlikeHasItsOwn) {
  errors_.Add(retry_, "is wrong");
  errors_.Add(file_.Member("retry_budget"), "is wrong");
  errors_.Add(file_.Member("ret"), "is wrong");
  EXPECT_THAT(Places(), ElementsAre("retry", "retry_budget", "ret"));
}

TEST_F(ErrorsTest, AVariableIsNamedForWhatItSetsAndWhatIsBelow) {
  errors_.ComesFrom(retry_, "CARILLON_RETRY");
  errors_.Add(retry_.Member("jitter"), "is wrong");
  errors_.Add(file_.Member("retry_budget"), "is wrong");
  ASSERT_EQ(errors_.violations().size(), 2u);
  EXPECT_EQ(errors_.violations()[0].text,
            "retry.jitter (from the variable CARILLON_RETRY): is wrong");
  EXPECT_EQ(errors_.violations()[1].text, "retry_budget: is wrong");
}

}  // namespace
}  // namespace carillon::resource
