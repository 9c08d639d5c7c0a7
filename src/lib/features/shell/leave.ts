// Leaving the page for good: signing out, and working in another organization. Both load everything anew.

/** Signs out with a plain form post, which the server checks like any other form. */
export function signOut(): void {
	const form = document.createElement('form');
	form.method = 'POST';
	form.action = '/logout';
	document.body.append(form);
	form.submit();
}

/** Remembers the organization for the next loads and starts there. */
export function changeOrg(orgId: string): void {
	document.cookie = `av_org=${encodeURIComponent(orgId)}; path=/; max-age=31536000; samesite=lax`;
	location.assign('/village');
}
