#include "carillon/resource/pem_texts.h"

#include <gtest/gtest.h>

namespace carillon::resource {
namespace {

int checks = 0;

absl::Status Passes(const std::string&) {
  ++checks;
  return absl::OkStatus();
}

absl::Status Refuses(const std::string&) {
  ++checks;
  return absl::InvalidArgumentError("holds nothing");
}

TEST(PemTexts, AreSharedAndCheckedOnce) {
  checks = 0;
  PemTexts texts;
  const base::SharedText first = texts.Checked("a bundle", &Passes).value();
  EXPECT_EQ(first.str(), "a bundle");
  EXPECT_TRUE(texts.Checked("a bundle", &Passes).value().shares(first));
  EXPECT_EQ(checks, 1);
  EXPECT_FALSE(texts.Checked("another", &Passes).value().shares(first));
  EXPECT_EQ(checks, 2);
}

TEST(PemTexts, WhatPassedOneCheckHasNotPassedAnother) {
  checks = 0;
  PemTexts texts;
  EXPECT_TRUE(texts.Checked("a bundle", &Passes).ok());
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(texts.Checked("a bundle", &Refuses).status().message(), "holds nothing");
  }
  EXPECT_EQ(checks, 3);
}

}  // namespace
}  // namespace carillon::resource
