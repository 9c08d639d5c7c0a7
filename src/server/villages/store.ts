import { and, eq } from 'drizzle-orm';
import { placeHouses } from '#domain/village.ts';
import type { HouseRow } from '#domain/views.ts';
import { houses, villages } from '#server/db/schema/villages.ts';
import type { Db, Tx } from '#server/db/open.ts';
import type { Collector } from '#server/events/log.ts';

export type House = typeof houses.$inferSelect;
export type Village = typeof villages.$inferSelect;

export async function findVillage(db: Db | Tx, id: string): Promise<Village | null> {
	const [row] = await db.select().from(villages).where(eq(villages.id, id));
	return row ?? null;
}

export async function findHouse(db: Db | Tx, id: string): Promise<House | null> {
	const [row] = await db.select().from(houses).where(eq(houses.id, id));
	return row ?? null;
}

export function listHouses(db: Db | Tx, villageId: string): Promise<House[]> {
	return db
		.select()
		.from(houses)
		.where(and(eq(houses.villageId, villageId)))
		.orderBy(houses.createdAt, houses.id);
}

/** The shape clients get. */
export function houseView(h: House): HouseRow {
	return {
		id: h.id,
		villageId: h.villageId,
		name: h.name,
		source: h.source,
		url: h.url,
		localPath: h.localPath,
		runnerId: h.runnerId,
		defaultBranch: h.defaultBranch,
		language: h.language,
		files: h.files,
		readiness: h.readiness,
		readinessNote: h.readinessNote,
		x: h.x,
		y: h.y,
		demo: h.demo,
		createdAt: h.createdAt.toISOString()
	};
}

/** Where a new house stands: decided once and saved, so that removing another one later moves nobody. */
export async function plotOf(
	tx: Tx,
	village: { id: string; seed: string },
	id: string
): Promise<{ x: number; y: number }> {
	const standing = await tx
		.select({ id: houses.id, x: houses.x, y: houses.y })
		.from(houses)
		.where(eq(houses.villageId, village.id));
	return placeHouses(village.seed, [...standing, { id, x: null, y: null }]).get(id)!;
}

/** Writes what the system has come to know of a house, and tells followers. Returns the row. */
export async function learnOfHouse(
	tx: Tx,
	collect: Collector,
	house: House,
	change: Partial<typeof houses.$inferInsert>,
	at: Date
): Promise<House> {
	const [row] = await tx
		.update(houses)
		.set({ ...change, updatedAt: at })
		.where(eq(houses.id, house.id))
		.returning();
	collect.add(house.orgId, {
		stream: `village:${house.villageId}`,
		type: 'house.changed',
		data: { houseId: house.id, house: houseView(row!) },
		actor: 'system',
		villageId: house.villageId,
		houseId: house.id
	});
	return row!;
}
