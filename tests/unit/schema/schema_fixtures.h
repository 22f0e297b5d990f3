#pragma once

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <string>
#include <utility>

#include "carillon/schema/message_type.h"

namespace carillon::schema {

/// What protoc writes for the texts of some files, all of them.
inline google::protobuf::FileDescriptorSet Compile(
    std::initializer_list<std::pair<std::string, std::string>> files) {
  char pattern[] = "/tmp/carillon-schema-XXXXXX";
  const std::string folder = ::mkdtemp(pattern);
  std::string command = "'" CARILLON_PROTOC "' --include_imports --proto_path=" + folder +
                        " --descriptor_set_out=" + folder + "/set";
  for (const auto& [name, text] : files) {
    std::ofstream(folder + "/" + name) << text;
    command += " " + folder + "/" + name;
  }
  EXPECT_EQ(std::system(command.c_str()), 0);
  std::ifstream written(folder + "/set", std::ios::binary);
  google::protobuf::FileDescriptorSet set;
  EXPECT_TRUE(set.ParseFromIstream(&written));
  std::filesystem::remove_all(folder);
  return set;
}

inline std::string CompileOne(const std::string& text) {
  return Compile({{"a.proto", "syntax = \"proto3\"; package acme; " + text}}).SerializeAsString();
}

/// Reads what must be right.
inline MessageTypePtr ReadType(const std::string& set, const std::string& message) {
  static auto& types = *new MessageTypes;
  auto read = types.Read(set, message);
  EXPECT_TRUE(read.ok()) << read.status();
  return read.ok() ? *read : nullptr;
}

inline MessageTypePtr TypeOf(const std::string& text, const std::string& message = "acme.M") {
  return ReadType(CompileOne(text), message);
}

}  // namespace carillon::schema
