// Names for villagers whom nobody named.

const NAMES = [
	'Alder',
	'Aspen',
	'Basil',
	'Birch',
	'Bramble',
	'Briar',
	'Cedar',
	'Clover',
	'Comfrey',
	'Coriander',
	'Cypress',
	'Dill',
	'Elder',
	'Fennel',
	'Fern',
	'Gorse',
	'Hawthorn',
	'Hazel',
	'Heather',
	'Holly',
	'Hyssop',
	'Iris',
	'Ivy',
	'Juniper',
	'Larch',
	'Laurel',
	'Linden',
	'Lovage',
	'Mallow',
	'Maple',
	'Marigold',
	'Mint',
	'Moss',
	'Myrtle',
	'Nettle',
	'Oak',
	'Olive',
	'Pepper',
	'Pine',
	'Poppy',
	'Quince',
	'Reed',
	'Rowan',
	'Rue',
	'Rye',
	'Saffron',
	'Sage',
	'Sorrel',
	'Spruce',
	'Tansy',
	'Teasel',
	'Thistle',
	'Thyme',
	'Vetch',
	'Violet',
	'Willow',
	'Woad',
	'Yarrow',
	'Yew',
	'Zinnia'
] as const;

/** The first name not taken, beginning at a place the seed decides; numbered once all are taken. */
export function agentName(taken: ReadonlySet<string>, seed: number): string {
	for (let round = 1; ; round++)
		for (let i = 0; i < NAMES.length; i++) {
			const plain = NAMES[(seed + i) % NAMES.length]!;
			const name = round === 1 ? plain : `${plain} ${round}`;
			if (!taken.has(name)) return name;
		}
}
