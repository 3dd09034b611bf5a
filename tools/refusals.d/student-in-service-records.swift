// Records of the service are put where those before the decision belong.
//
// refused: cannot convert value of type 'InServiceRecords' to expected argument type 'PreServiceRecords'
import CreditRisk

func examples(_ profile: ProfileFeatures, _ before: PreServiceRecords, _ service: InServiceRecords) throws -> PreServiceExamples {
    #if REFUSED
        return try PreServiceExamples(customers: [1], decisions: [0], profile: profile, records: service)
    #else
        return try PreServiceExamples(customers: [1], decisions: [0], profile: profile, records: before)
    #endif
}
