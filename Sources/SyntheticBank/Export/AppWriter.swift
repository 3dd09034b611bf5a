internal import DurableFiles

/// Writes what customers do in the app and at the bank, and its truth: customer by customer, by time inside.
///
/// A second browser is the visitor after the customer's own, so a customer is whole, and written, once the next visitor is known.
struct AppWriter: ~Copyable {
    private let source: AppSource
    private var customers: OutputFile
    private var links: OutputFile
    private var impressions: OutputFile
    private var decisions: OutputFile
    private var applications: OutputFile
    private var trueImpressions: OutputFile
    private var trueDecisions: OutputFile
    /// The last visitor, if a customer of the same number.
    private var held: AppBrowser?

    init(in folder: String, _ fileSystem: FileSystem, _ visitors: VisitorSource) throws(SimulationError) {
        func file(_ name: String, _ header: String) throws(SimulationError) -> OutputFile {
            var file = try OutputFile(creating: "\(folder)/\(name).csv", in: fileSystem)
            file.write(header + "\n")
            return file
        }
        let source = AppSource(visitors)
        try OutputFile.write(Self.tiles(newFrom: source.newTilesFrom), to: "\(folder)/app/tiles.csv", in: fileSystem)
        let customers = try file(
            "app/customers", "customer_id,age_band,tenure_years,segment,products_held,balance_band,app_logins_30d,salary_paid_in,region")
        let links = try file("app/links", "visitor_id,session_id,customer_id,time_ms,link")
        let impressions = try file("app/impressions", "impression_id,time_ms,customer_id,tile,position,clicked,probability")
        let decisions = try file("app/decisions", "decision_id,time_ms,customer_id")
        let applications = try file("app/applications", "customer_id,time_ms,product")
        let trueImpressions = try file(
            "truth/impressions", "impression_id,tile,click_probability,reference_probability,shown_click_probability")
        let trueDecisions = try file("truth/decisions", "decision_id,product,probability")
        // All at once: what cannot be copied is either whole or not there.
        self.source = source
        self.customers = customers
        self.links = links
        self.impressions = impressions
        self.decisions = decisions
        self.applications = applications
        self.trueImpressions = trueImpressions
        self.trueDecisions = trueDecisions
    }

    private static func tiles(newFrom: Int64) -> String {
        var text = "tile,product,kind,new,eligible_segments,available_from_ms\n"
        for tile in TileCatalogue.all {
            let segments = tile.segments.map(\.rawValue).joined(separator: "|")
            text += "\(tile.id),\(tile.product.rawValue),\(tile.kind.rawValue),\(tile.isNew ? 1 : 0),\(segments),"
            text += tile.isNew ? "\(newFrom)\n" : "\n"
        }
        return text
    }

    mutating func write(_ visitor: SimulatedVisitor, _ posteriors: [[Float]?]) throws(SimulationError) {
        var browsers: [AppBrowser] = []
        if let held { browsers.append(held) }
        held = nil
        let browser = AppBrowser(visitor: visitor, posteriors: posteriors)
        if visitor.customer == visitor.number { held = browser } else if visitor.customer != nil { browsers.append(browser) }
        if !browsers.isEmpty { try write(source.record(visitor.number - 1, browsers)) }
    }

    mutating func finish() throws(SimulationError) {
        if let held { try write(source.record(held.visitor.number, [held])) }
        held = nil
        try customers.finish()
        try links.finish()
        try impressions.finish()
        try decisions.finish()
        try applications.finish()
        try trueImpressions.finish()
        try trueDecisions.finish()
    }

    private mutating func write(_ record: AppRecord) throws(SimulationError) {
        row(record.customer)
        for link in record.links { row(link, of: record.customer.number) }
        for (number, page) in record.homePages.enumerated() { rows(record.customer.number, number, page.time, page.shown) }
        rows(ofDecision: record)
        for application in record.applications {
            applications.write(customer: record.customer.number)
            applications.write(",")
            applications.write(number: application.time)
            applications.write(",\(application.product.rawValue)\n")
        }
        try customers.drain()
        try links.drain()
        try impressions.drain()
        try decisions.drain()
        try applications.drain()
        try trueImpressions.drain()
        try trueDecisions.drain()
    }

    private mutating func row(_ customer: AppCustomer) {
        let held = zip(ConversionTable.Product.allCases, customer.holds).filter(\.1).map(\.0.rawValue).joined(separator: "|")
        customers.write(customer: customer.number)
        customers.write(",\(AppCustomer.ageBands[customer.age]),\(customer.tenureYears),\(customer.segment.rawValue),\(held),")
        customers.write("\(AppCustomer.balanceBands[customer.balance]),\(customer.loginsIn30Days),")
        customers.write("\(customer.salaryPaidIn ? 1 : 0),\(customer.region)\n")
    }

    private mutating func row(_ link: BrowserLink, of customer: Int) {
        links.write(visitor: link.visitor)
        links.write(",")
        links.write(session: link.session, of: link.visitor)
        links.write(",")
        links.write(customer: customer)
        links.write(",")
        links.write(number: link.time)
        links.write(",\(link.kind.rawValue)\n")
    }

    private static func writeID(_ customer: Int, _ number: Int, to file: inout OutputFile) {
        file.write("i")
        file.write(number: Int64(customer), width: 7)
        file.write("-")
        file.write(number: Int64(number + 1), width: 3)
    }

    private mutating func rows(_ customer: Int, _ number: Int, _ time: Int64, _ shown: HomePageImpression) {
        for (place, tile) in shown.tiles.enumerated() {
            let id = TileCatalogue.all[tile].id
            Self.writeID(customer, number, to: &impressions)
            impressions.write(",")
            impressions.write(number: time)
            impressions.write(",")
            impressions.write(customer: customer)
            impressions.write(",\(id),\(place + 1),\(shown.clicked == place ? 1 : 0),")
            // A probability that was drawn is not zero, however small.
            impressions.write(fraction: max(shown.probabilities[place], 1e-6))
            impressions.write("\n")
            Self.writeID(customer, number, to: &trueImpressions)
            trueImpressions.write(",\(id),")
            trueImpressions.write(fraction: shown.shares[place])
            trueImpressions.write(",")
            if let reference = shown.referenceShares { trueImpressions.write(fraction: reference[place]) }
            trueImpressions.write(",")
            trueImpressions.write(fraction: source.shownProbability(share: shown.shares[place], place: place))
            trueImpressions.write("\n")
        }
    }

    private mutating func rows(ofDecision record: AppRecord) {
        let number = Int64(record.customer.number)
        decisions.write("d")
        decisions.write(number: number, width: 7)
        decisions.write(",")
        decisions.write(number: record.decisionTime)
        decisions.write(",")
        decisions.write(customer: record.customer.number)
        decisions.write("\n")
        for (product, probability) in zip(ConversionTable.Product.allCases, record.outcome) {
            trueDecisions.write("d")
            trueDecisions.write(number: number, width: 7)
            trueDecisions.write(",\(product.rawValue),")
            trueDecisions.write(fraction: probability)
            trueDecisions.write("\n")
        }
    }
}
