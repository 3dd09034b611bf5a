internal import Glibc
internal import IntentTaxonomy

/// Exit codes of what purpose rules refuse.
extension Diagnosis {
    static func code(_ error: PurposeError, outputs: [String]) -> Int32 {
        switch error {
        case .rules: EX_CONFIG
        case .refused: EX_NOPERM
        case .record, .nothingLeft: EX_DATAERR
        case .file(let error): code(error, outputs: outputs)
        }
    }
}
