// A student is taught on what is known only while the service runs.
//
// refused: cannot convert value of type 'InServiceExamples' to expected argument type 'PreServiceExamples'
import CreditRisk
import SequenceKernel

func teach(_ training: InServiceExamples, _ validation: InServiceExamples, _ pool: WorkerPool) throws -> PreServiceModel {
    #if REFUSED
        return try PreServiceModel.train(training, validation: validation.preService, pool: pool)
    #else
        return try PreServiceModel.train(training.preService, validation: validation.preService, pool: pool)
    #endif
}
