internal import Audit
internal import Glibc

/// Exit codes of what ledgers, vaults and their keys refuse.
extension Diagnosis {
    /// Nil for errors of other libraries.
    static func audit(_ error: any Error) -> Diagnosis? {
        guard let error = error as? LedgerError else { return nil }
        return Diagnosis(code(error), "\(error)")
    }

    static func code(_ error: LedgerError) -> Int32 {
        switch error.kind {
        case .notThere, .notALedger: EX_NOINPUT
        case .occupied: EX_CANTCREAT
        case .newerVersion, .damaged, .erased, .notStored, .tooLarge: EX_DATAERR
        case .busy: EX_TEMPFAIL
        case .diskFull, .inputOutput: EX_IOERR
        case .readOnly: EX_NOPERM
        case .wrongKey, .noKey, .unreadableKey: EX_CONFIG
        case .appendOnly: EX_SOFTWARE
        }
    }
}
