#pragma once

#include "carillon/callqueue/call_queue.h"

namespace carillon::rpc {

using callqueue::CallQueue;

}  // namespace carillon::rpc
