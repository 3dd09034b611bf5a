// A student is given what is known only while the service runs.
//
// refused: cannot convert value of type 'InServiceExamples' to expected argument type 'PreServiceExamples'
import CreditRisk
import SequenceKernel

func score(_ student: PreServiceModel, _ applicants: InServiceExamples, _ pool: WorkerPool) throws -> [Float] {
    #if REFUSED
        return try student.probabilities(applicants, pool: pool)
    #else
        return try student.probabilities(applicants.preService, pool: pool)
    #endif
}
