internal import Audit
internal import DurableFiles
internal import Glibc

/// Exit codes of what reviews refuse.
extension Diagnosis {
    static func code(_ error: ReviewError, outputs: [String]) -> Int32 {
        switch error {
        case .file(let error): code(error, outputs: outputs)
        case .ledger(let error): code(error)
        case .badLine, .mixed, .nothing, .notADesign, .otherLedger: EX_DATAERR
        case .otherTaxonomy: EX_CONFIG
        case .tooSmall, .settings: EX_USAGE
        }
    }
}
