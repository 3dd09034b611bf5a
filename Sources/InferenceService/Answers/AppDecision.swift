package import Audit
internal import DecisionRecords
package import EventStream

/// What is decided about a customer at a moment: the part of a request that ranking and forecast share.
package struct AppDecision: Sendable {
    /// What the caller knows the decision by.
    package var id: String
    /// Microseconds since 1970: sessions that ended before are looked at.
    package var time: Int64
    /// Features of the customer, `customer_id` among them.
    package var customer: AttributeTexts
    /// Sessions that are known to be the customer's, in any order.
    package var sessions: [SessionRecord]
    /// What the customer agreed to, for the ledger; nil where it was not said.
    package var consent: LedgerEntry.Consent?

    /// The column of the customer's id.
    package static let customerColumn = "customer_id"
    /// Longest id of a decision, bytes.
    package static let longestID = 512

    /// A decision.
    /// - Parameters:
    ///   - time: nil for just after the last event of the sessions, or now where there is none.
    ///   - now: microseconds since 1970.
    /// - Throws: where nobody says who the customer is.
    package init(
        id: String, time: Int64?, customer: AttributeTexts?, sessions: [SessionRecord], consent: LedgerEntry.Consent? = nil, now: Int64
    ) throws(RequestFault) {
        guard let customer else {
            throw RequestFault(
                .unprocessable, at: "customer", "nobody says who the customer is",
                remedy: "give \"customer\": an object with customer_id and the features that the model reads")
        }
        guard let own = customer[Self.customerColumn], !own.isEmpty else {
            throw RequestFault(
                .unprocessable, at: "customer.\(Self.customerColumn)", "nobody says who the customer is", remedy: "give the customer's id")
        }
        let latest = sessions.compactMap { $0.times.last ?? nil }.max()
        self.time = time ?? latest.map { $0 + 1 } ?? now
        (self.id, self.customer, self.sessions, self.consent) = (id, customer, sessions, consent)
    }

    /// Of somebody who is not there, to try a model with.
    static func nobody() throws(RequestFault) -> AppDecision {
        let customer = try Array("{\"\(customerColumn)\":\"nobody\"}".utf8).withUnsafeBufferPointer { bytes throws(RequestFault) in
            var reader = JSONReader(bytes)
            return try AttributeTexts(&reader, textBytes: 64)
        }
        return try AppDecision(id: "nobody", time: 0, customer: customer, sessions: [], now: 0)
    }

    /// Who the customer is.
    package var customerID: String { customer[Self.customerColumn] ?? "" }
}

/// How ids stand in the tables of a decision.
enum DecisionNaming {
    /// As the caller has them. Sessions are told apart by their place: a caller may give several one id.
    case own
    /// With the number of the decision behind: decisions of a run are made again together, and the same customer, the same session and even the
    /// same decision may stand there twice with something else in it.
    case recorded(number: Int)

    /// An id of a decision or customer.
    func id(_ id: String) -> String {
        switch self {
        case .own: id
        case .recorded(let number): "\(id)#\(number)"
        }
    }

    /// The id of a session at a place of the request.
    func session(_ id: String, at place: Int) -> String {
        switch self {
        case .own: "\(place)"
        case .recorded(let number): "\(id)#\(number).\(place)"
        }
    }
}

extension RequestID {
    /// Whether it holds who a decision is about, or what the caller knows it by, as a whole or between `.`, `_` and `-`: a caller may have made
    /// it of that, and it would stay in the ledger after an erasure.
    func names(_ decision: DecisionRecorder.Decision) -> Bool {
        func bounded(_ text: some Collection<UInt8>) -> [UInt8] {
            let dash = UInt8(ascii: "-")
            // Letters of either case are one.
            let letters = text.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
            return [dash] + letters.map { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") ? dash : $0 } + [dash]
        }
        let own = bounded(text.utf8)
        func holds(_ id: some Collection<UInt8>) -> Bool { !id.isEmpty && own.firstRange(of: bounded(id)) != nil }
        // Behind the last "#" is the decision's number.
        let id = decision.id.utf8
        if holds(id[..<(id.lastIndex(of: UInt8(ascii: "#")) ?? id.endIndex)]) { return true }
        switch decision.subject {
        case .nobody: return false
        case .pseudonym(let subject), .identifier(let subject): return holds(subject.utf8)
        }
    }
}
