import AuditTestSupport
import Testing

/// Every change of a file fails in turn: what was acknowledged stays, nothing is half there, and it goes on afterwards.
@Suite(.serialized) struct LedgerFaultTests {
    let folder: LedgerFolder
    init() throws { folder = try LedgerFolder() }

    @Test(arguments: FaultyVFS.Fault.allCases) func everyOperation(fault: FaultyVFS.Fault) throws {
        let sweep = try LedgerFaultSweep(fault, in: folder.path)
        #expect(sweep.operations > 40 && sweep.acknowledged > 0)
        #expect(sweep.problems.isEmpty, "\(sweep.problems.prefix(5))")
    }
}
