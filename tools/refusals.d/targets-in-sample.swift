// A teacher of all applicants is taken for one that did not learn from them.
//
// refused: cannot convert value of type 'InServiceModel' to expected argument type 'TeacherTargets'
import CreditRisk
import SequenceKernel

func teach(
    _ training: InServiceExamples, _ validation: InServiceExamples, _ teacher: InServiceModel, _ targets: TeacherTargets,
    _ pool: WorkerPool
) throws -> PreServiceModel {
    #if REFUSED
        let source = teacher
    #else
        let source = targets
    #endif
    return try PreServiceModel.train(training.preService, validation: validation.preService, targets: source, pool: pool)
}
