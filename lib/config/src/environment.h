#pragma once

#include "carillon/config/config_file.h"
#include "carillon/resource/path.h"
#include "carillon/v1/config.pb.h"

namespace carillon::config {

/// Puts the values of environment variables into `given`, before its defaults are filled in:
///
///     CARILLON_PUBLISH_ADDRESS  server.publish_address
///     CARILLON_ADMIN_ADDRESS    server.admin_address
///     CARILLON_DATA_DIR         journal.data_dir
///     CARILLON_LOG_LEVEL        server.log_level
///
/// A variable wins over the file; one that is empty counts as not set. resource::Errors at such a
/// member name the variable. Returns the variables that set a member.
std::vector<Override> ApplyEnvironment(const resource::Surroundings& surroundings,
                                       v1::Config& given, resource::Errors& errors);

}  // namespace carillon::config
