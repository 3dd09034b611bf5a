// Temporary: replaced by the facts themselves.
public struct FactPlan: Codable, Sendable, Equatable {
    public var count: Int { 0 }
    public var names: [String] { [] }
    public var fault: String? { nil }
}
public struct FactSettings: Codable, Sendable, Equatable { public init() {} }
extension FactPlan {
    public static func fit(_ table: any EventTable, sessions: [Int], _ settings: FactSettings) throws(EncodingMismatch) -> FactPlan { FactPlan() }
}
public final class SessionFacts: Sendable {
    public final class Scratch: @unchecked Sendable { public init() {} }
    public init(_ plan: FactPlan, _ table: any EventTable) throws(EncodingMismatch) {}
    public func rebound(to table: any EventTable) -> SessionFacts { self }
    public func makeScratch() -> Scratch { Scratch() }
    public func fill(session: Int, _ scratch: Scratch, into: UnsafeMutablePointer<Float>) {}
}
