#pragma once

#include "carillon/trial/trial.h"
#include "carillon/v1/delivery.pb.h"

namespace carillon::trial {

/// What came of a trial, as callers see it. Blank are the headers whose names say that they are
/// secret, and those that the destination keeps secret. Pure.
v1::Attempt ToAttempt(const Trial& trial, const TrialResult& result);

}  // namespace carillon::trial
